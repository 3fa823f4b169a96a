/** What a chart shows: the last hours, or the last days as the reader's calendar has them. */
export const RANGES = {
  day: { steps: 24, hourly: true },
  week: { steps: 7, hourly: false },
  month: { steps: 30, hourly: false },
} as const;
export type Range = keyof typeof RANGES;

export interface Point {
  at: string;
  pulls: number;
}

/** The beginnings of the hours, or of the reader's days, that a range which ends now is made of. */
function beginnings(range: Range, now: Date): Date[] {
  const { steps, hourly } = RANGES[range];
  return Array.from({ length: steps }, (_, index) => {
    const back = steps - 1 - index;
    return hourly
      ? new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() - back)
      : new Date(now.getFullYear(), now.getMonth(), now.getDate() - back); // days of 23 and 25 hours too
  });
}

/** The first moment of a range. */
export function beginning(range: Range, now: Date): Date {
  return beginnings(range, now)[0] ?? now;
}

/** Hours of the API as one point for each hour or day of the range: it leaves out those without a pull, and its days are UTC's. */
export function filled(hours: readonly Point[], range: Range, now: Date): Point[] {
  const starts = beginnings(range, now);
  const sums = starts.map(() => 0);
  for (const { at, pulls } of hours) {
    const slot = starts.findLastIndex((start) => start.getTime() <= Date.parse(at));
    if (slot >= 0) {
      sums[slot] = (sums[slot] ?? 0) + pulls;
    }
  }
  return starts.map((start, index) => ({ at: start.toISOString(), pulls: sums[index] ?? 0 }));
}
