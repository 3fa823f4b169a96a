import { describe, expect, it } from "vitest";
import { changeTexts } from "./changes-text";
import { englishWords } from "./test-words";

const say = await englishWords();

describe("changeTexts", () => {
  it("shows each field from what to what", () => {
    const changes = {
      visibility: ["private", "public"],
      disabled: [false, true],
      description: ["old", ""],
    };
    expect(changeTexts(changes, say)).toEqual([
      "visibility: private → public",
      "disabled: no → yes",
      "description: old → –",
    ]);
  });

  it("shows the values of a new object, and of a deleted one, without an arrow", () => {
    expect(changeTexts({ permission: [null, "push"] }, say)).toEqual(["permission: push"]);
    expect(changeTexts({ name: ["nightly", null] }, say)).toEqual(["name: nightly"]);
  });

  it("says only that a secret was changed", () => {
    expect(changeTexts({ password: [null, null] }, say)).toEqual(["password changed"]);
  });

  it("shows rules and quotas that are set or removed from what to what", () => {
    const changes = {
      immutable_tags: ["v*, 1.?", null],
      retention: [null, "*: keep_last 10, keep_pulled_within_days 30; dev-*: keep_last 1"],
      storage_quota_bytes: [null, 10 * 1024 ** 3],
    };
    expect(changeTexts(changes, say)).toEqual([
      "immutable tags: v*, 1.? → –",
      "retention: – → *: keeps the newest 10 and those pulled within 30 days; deletes the rest. " +
        "dev-*: keeps the newest 1; deletes the rest.",
      "storage quota: – → 10 GiB",
    ]);
  });

  it("shows the rule by which retention deleted a tag, as a sentence", () => {
    const changes = { rule: ["*: keep_last 10", null], reason: ["The rule for …", null] };
    expect(changeTexts(changes, say)).toEqual(["rule: *: keeps the newest 10; deletes the rest."]);
  });

  it("shortens digests, and shows a field without a text by its name", () => {
    const digest = `sha256:${"0123456789ab".padEnd(64, "c")}`;
    expect(changeTexts({ digest: [null, digest] }, say)).toEqual(["digest: sha256:0123456789ab"]);
    expect(changeTexts({ quota: [1, 2] }, say)).toEqual(["quota: 1 → 2"]);
  });
});
