/** The ranges of the chart: the last hours, or the last days of the browser's calendar. */
export const RANGES = {
  day: { steps: 24, hourly: true },
  week: { steps: 7, hourly: false },
  month: { steps: 30, hourly: false },
} as const;
export type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as Range[];

/** The number of pulls in the hour or day that begins at `at` (RFC 3339). */
export interface PullPoint {
  at: string;
  pulls: number;
}

/** Returns when each hour or day of `range` begins; the last one contains `now`. */
function stepStarts(range: Range, now: Date): Date[] {
  const { steps, hourly } = RANGES[range];
  return Array.from({ length: steps }, (_, index) => {
    const distance = steps - 1 - index;
    return hourly
      ? new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() - distance)
      : new Date(now.getFullYear(), now.getMonth(), now.getDate() - distance); // not always 24 h
  });
}

/** Returns when `range` begins. */
export function rangeStart(range: Range, now: Date): Date {
  return stepStarts(range, now)[0] ?? now;
}

/**
 * Sums the API's hours to one point for each hour or day of `range`. The API leaves out hours
 * without a pull, and its days are days in UTC, so the console requests hours for every range.
 */
export function pointsOfRange(hours: readonly PullPoint[], range: Range, now: Date): PullPoint[] {
  const starts = stepStarts(range, now);
  const sums = starts.map(() => 0);
  for (const { at, pulls } of hours) {
    const step = starts.findLastIndex((start) => start.getTime() <= Date.parse(at));
    if (step >= 0) {
      sums[step] = (sums[step] ?? 0) + pulls;
    }
  }
  return starts.map((start, index) => ({ at: start.toISOString(), pulls: sums[index] ?? 0 }));
}
