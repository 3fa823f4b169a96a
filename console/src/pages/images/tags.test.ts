import { describe, expect, it } from "vitest";
import { groupByReason, sortTags } from "./tags";

describe("sortTags", () => {
  it("compares numbers by their value", () => {
    expect(sortTags(["1.0.10", "v2", "1.0.2", "latest"])).toEqual([
      "1.0.2",
      "1.0.10",
      "latest",
      "v2",
    ]);
  });
});

describe("groupByReason", () => {
  it("lists the tags of each reason in their order", () => {
    const failed = [
      { tag: "v10", code: "tag_immutable", detail: "" },
      { tag: "gone", code: "not_found", detail: "" },
      { tag: "v2", code: "tag_immutable", detail: "" },
    ];
    expect(groupByReason(failed, ({ code }) => code)).toEqual([
      ["tag_immutable", ["v2", "v10"]],
      ["not_found", ["gone"]],
    ]);
  });
});
