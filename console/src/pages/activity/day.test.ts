import { describe, expect, it } from "vitest";
import { dayStart } from "./day";

describe("dayStart", () => {
  it("is midnight in the browser's time zone", () => {
    expect(dayStart("2026-11-27", 0)).toBe(new Date(2026, 10, 27).toISOString());
    expect(dayStart("2026-11-30", 1)).toBe(new Date(2026, 11, 1).toISOString());
  });

  it("is null without a day", () => {
    expect(dayStart("", 0)).toBeNull();
    expect(dayStart("tomorrow", 0)).toBeNull();
  });
});
