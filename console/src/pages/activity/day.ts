/**
 * Returns the RFC 3339 time at which a day of a date field (`2026-11-27`) begins in the browser's
 * time zone, or the day `days` later. Returns null for an empty or invalid day.
 */
export function dayStart(day: string, days: number): string | null {
  const [year, month, date] = day.split("-").map(Number);
  const start = new Date(year ?? NaN, (month ?? NaN) - 1, (date ?? NaN) + days);
  return Number.isNaN(start.getTime()) ? null : start.toISOString();
}
