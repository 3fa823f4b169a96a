import { beforeAll, describe, expect, it } from "vitest";
import i18next from "i18next";
import type { Say } from "../../i18n";
import { initEnglish } from "../../i18n/testing";
import { reasonText, ruleText } from "./rule-text";

beforeAll(initEnglish);
const say = ((key, values) => i18next.t(key, values ?? {})) as Say;

const rule = {
  tags: "nightly-*",
  keep_last: 10,
  keep_pulled_within_days: 30,
  keep_pushed_within_days: null,
};

describe("ruleText", () => {
  it("lists the conditions of the rule", () => {
    expect(ruleText(rule, say, "en-GB")).toBe(
      "nightly-*: keeps the newest 10 and those pulled within 30 days; deletes the rest.",
    );
  });
});

describe("reasonText", () => {
  it("names the pattern and the number of the rule that decided", () => {
    const tag = {
      repository: "team/app",
      tag: "nightly-1",
      digest: "",
      pushed_at: "",
      last_used_at: null,
      decision: "keep",
      reason_code: "keep_last",
      reason: "",
      rule: 0,
    } as const;
    expect(reasonText(tag, [rule], say)).toBe("One of the newest 10 that match nightly-*.");
  });
});
