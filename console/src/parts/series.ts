export const RANGES = {
  day: { hours: 24, step: "hour" },
  week: { hours: 7 * 24, step: "day" },
  month: { hours: 30 * 24, step: "day" },
} as const;
export type Range = keyof typeof RANGES;

const HOUR = 3_600_000;

export interface Point {
  at: string;
  pulls: number;
}

/** The first moment of a range that ends now: the beginning of an hour or of a UTC day, as the API cuts time. */
export function beginning(range: Range, now: Date): Date {
  const { hours, step } = RANGES[range];
  const unit = step === "hour" ? HOUR : 24 * HOUR;
  const last = Math.floor(now.getTime() / unit) * unit;
  return new Date(last - (hours * HOUR - unit));
}

/** One point for each hour or day of the range: the API leaves out those without a pull. */
export function filled(points: readonly Point[], range: Range, now: Date): Point[] {
  const { hours, step } = RANGES[range];
  const unit = step === "hour" ? HOUR : 24 * HOUR;
  const known = new Map(points.map((point) => [Math.floor(Date.parse(point.at) / unit), point.pulls]));
  const first = beginning(range, now).getTime() / unit;
  return Array.from({ length: (hours * HOUR) / unit }, (_, index) => ({
    at: new Date((first + index) * unit).toISOString(),
    pulls: known.get(first + index) ?? 0,
  }));
}
