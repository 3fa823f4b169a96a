import { describe, expect, it } from "vitest";
import { fromForm, toForm } from "./form-values";

const rules = {
  immutable_tags: ["v*", "release-?.*"],
  retention: [
    { tags: "*", keep_last: 10, keep_pulled_within_days: 30, keep_pushed_within_days: null },
  ],
  retention_enabled: true,
};

describe("the form of rules", () => {
  it("returns the rules that it was filled with", () => {
    expect(fromForm(toForm(rules))).toEqual(rules);
  });

  it("ignores empty lines and spaces around patterns", () => {
    expect(fromForm({ immutable_tags: " v* \n\n" })?.immutable_tags).toEqual(["v*"]);
  });

  it.each([
    { immutable_tags: "v 1" },
    { retention: [{ tags: "*" }] },
    { retention: [{ keep_last: "3" }] },
    { retention: [{ tags: "*", keep_last: "0" }] },
    { retention: [{ tags: "*", keep_last: "1.5" }] },
    { retention: [{ tags: "*", keep_pushed_within_days: "99999" }] },
  ])("describes no rules while a field is invalid: %j", (values) => {
    expect(fromForm(values)).toBeNull();
  });
});
