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

  it("shortens digests, and shows a field without a text by its name", () => {
    const digest = `sha256:${"0123456789ab".padEnd(64, "c")}`;
    expect(changeTexts({ digest: [null, digest] }, say)).toEqual(["digest: sha256:0123456789ab"]);
    expect(changeTexts({ quota: [1, 2] }, say)).toEqual(["quota: 1 → 2"]);
  });
});
