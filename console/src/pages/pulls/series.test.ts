import { afterEach, describe, expect, it, vi } from "vitest";
import { pointsOfRange, rangeStart } from "./series";

afterEach(() => vi.unstubAllEnvs());

describe("pointsOfRange", () => {
  const now = new Date("2026-11-24T09:30:00Z"); // 17:30 in Shanghai

  it("returns a point for each hour, including hours without a pull", () => {
    vi.stubEnv("TZ", "Asia/Shanghai");
    const points = pointsOfRange([{ at: "2026-11-24T09:00:00Z", pulls: 3 }], "day", now);
    expect(points).toHaveLength(24);
    expect(points.at(-1)).toEqual({ at: "2026-11-24T09:00:00.000Z", pulls: 3 });
  });

  it("sums hours to the days of the browser's time zone", () => {
    vi.stubEnv("TZ", "Asia/Shanghai");
    const hours = [
      { at: "2026-11-17T15:00:00Z", pulls: 100 }, // the hour before the first day
      { at: "2026-11-17T16:00:00Z", pulls: 5 },
      { at: "2026-11-18T15:00:00Z", pulls: 7 },
      { at: "2026-11-18T16:00:00Z", pulls: 1 },
    ];
    const points = pointsOfRange(hours, "week", now);
    expect(points.map(({ pulls }) => pulls)).toEqual([12, 1, 0, 0, 0, 0, 0]);
    expect(points[0]?.at).toBe("2026-11-17T16:00:00.000Z");
    expect(rangeStart("week", now).toISOString()).toBe("2026-11-17T16:00:00.000Z");
  });

  it("handles a day of 25 hours", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    const points = pointsOfRange(
      [{ at: "2026-10-25T22:00:00Z", pulls: 2 }],
      "week",
      new Date("2026-10-26T12:00:00Z"),
    );
    expect(points.at(-2)).toEqual({ at: "2026-10-24T22:00:00.000Z", pulls: 2 });
    expect(points.at(-1)).toEqual({ at: "2026-10-25T23:00:00.000Z", pulls: 0 });
  });
});
