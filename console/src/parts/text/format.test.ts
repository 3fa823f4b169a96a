import { afterEach, describe, expect, it, vi } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExactTime,
  formatRelativeTime,
  shortDigest,
} from "./format";

afterEach(() => vi.unstubAllEnvs());

describe("formatBytes", () => {
  it("chooses the unit and the number of digits", () => {
    expect(formatBytes(0, "en")).toBe("0 B");
    expect(formatBytes(1536, "en")).toBe("1.5 KiB");
    expect(formatBytes(150 * 1024 ** 2, "en")).toBe("150 MiB");
    expect(formatBytes(1536, "zh-CN")).toBe("1.5 KiB");
  });
});

describe("formatCount", () => {
  it("groups thousands", () => {
    expect(formatCount(1234567, "en-GB")).toBe("1,234,567");
  });
});

describe("shortDigest", () => {
  it("keeps 12 digits", () => {
    expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("sha256:abababababab");
  });
});

describe("formatRelativeTime", () => {
  const now = Date.parse("2026-11-24T09:30:00Z");
  const relative = (at: string, locale: string) => formatRelativeTime(at, locale, now);

  it("is null within a minute of now, also if the server's clock is ahead", () => {
    expect(relative("2026-11-24T09:29:30Z", "en-GB")).toBeNull();
    expect(relative("2026-11-24T09:30:40Z", "en-GB")).toBeNull();
  });

  it("is a distance within 30 days", () => {
    expect(relative("2026-11-24T09:28:30Z", "en-GB")).toBe("1 minute ago");
    expect(relative("2026-11-24T06:00:00Z", "zh-CN")).toBe("3小时前");
    expect(relative("2026-11-22T08:00:00Z", "en-GB")).toBe("2 days ago");
    expect(relative("2026-11-25T12:00:00Z", "en-GB")).toBe("in 1 day");
  });

  it("is a date beyond 30 days", () => {
    expect(relative("2026-05-01T12:00:00Z", "en-GB")).toBe("1 May 2026");
    expect(relative("2026-05-01T12:00:00Z", "zh-CN")).toBe("2026年5月1日");
  });
});

describe("formatDuration", () => {
  it("is in the largest unit, rounded", () => {
    expect(formatDuration(4, "en-GB")).toBe("4 seconds");
    expect(formatDuration(294, "en-GB")).toBe("5 minutes");
    expect(formatDuration(294, "zh-CN")).toBe("5分钟");
    expect(formatDuration(3600, "en-GB")).toBe("1 hour");
    expect(formatDuration(2 * 86_400, "zh-CN")).toBe("2天");
  });
});

describe("formatExactTime", () => {
  it("includes the seconds and the time zone", () => {
    vi.stubEnv("TZ", "Asia/Shanghai");
    expect(formatExactTime("2026-11-24T09:30:05Z", "en-GB")).toBe(
      "24 November 2026 at 17:30:05 GMT+8",
    );
  });
});
