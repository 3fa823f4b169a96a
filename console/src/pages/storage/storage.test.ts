import { describe, expect, it } from "vitest";
import { toAmount, toBytes, usedPercent } from "./storage";

const GIB = 1024 ** 3;

describe("toAmount", () => {
  it.each([
    [10 * GIB, "10", "GiB"],
    [1.5 * GIB, "1.5", "GiB"],
    [2048 * GIB, "2", "TiB"],
    [10 * GIB + 1, String(10 * GIB + 1), "B"],
    [0, "0", "B"],
  ] as const)("writes %d bytes exactly", (bytes, amount, unit) => {
    expect(toAmount(bytes)).toEqual({ amount, unit });
    expect(toBytes(amount, unit)).toBe(bytes);
  });
});

describe("toBytes", () => {
  it.each(["", "-1", "1,5", "ten", "1e3", "9999999999"])("refuses %j TiB", (amount) => {
    expect(toBytes(amount, "TiB")).toBeNull();
  });
});

describe("usedPercent", () => {
  const of = (used: number, quota: number | null) =>
    usedPercent({
      storage_used_bytes: used,
      storage_quota_bytes: quota,
      storage_trash_bytes: 0,
      storage_state: "ok",
    });

  it("is rounded down, and at most 100", () => {
    expect([of(799, 1000), of(999, 1000), of(2000, 1000), of(0, 0), of(5, null)]).toEqual([
      79, 99, 100, 100, 0,
    ]);
  });
});
