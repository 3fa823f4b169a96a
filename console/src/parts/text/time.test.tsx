import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { en } from "../../i18n/en";
import { initEnglish } from "../../i18n/testing";
import { Expiry, RelativeTime } from "./time";

beforeAll(initEnglish);

afterEach(() => vi.useRealTimers());

describe("RelativeTime", () => {
  it("shows the distance, and the exact time in a tooltip", () => {
    vi.setSystemTime(new Date("2026-11-24T09:30:00Z"));
    expect(renderToStaticMarkup(<RelativeTime at="2026-11-24T06:00:00Z" />)).toMatch(
      /^<time dateTime="2026-11-24T06:00:00Z" title="24 November 2026[^"]+">3 hours ago<\/time>$/,
    );
    expect(renderToStaticMarkup(<RelativeTime at="2026-11-24T09:29:50Z" />)).toContain("just now");
  });

  it("shows Never for null", () => {
    expect(renderToStaticMarkup(<RelativeTime at={null} />)).toBe("Never");
  });
});

describe("Expiry", () => {
  it("marks an expired credential", () => {
    expect(renderToStaticMarkup(<Expiry at="2020-01-01T00:00:00Z" />)).toContain(
      en["tokens.expired"].replace("{{time}}", "1 Jan 2020"),
    );
  });

  it("shows that a credential never expires", () => {
    expect(renderToStaticMarkup(<Expiry at={null} />)).toBe(en["tokens.neverExpires"]);
  });
});
