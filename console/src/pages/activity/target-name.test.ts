import { describe, expect, it } from "vitest";
import { targetName } from "./target-name";
import { englishWords } from "./test-words";

const say = await englishWords();
const ID = "6f1c0f3e-2f57-4d3c-9d0c-6b0b9a1f5a11";

describe("targetName", () => {
  it("is the name of the object without its kind", () => {
    expect(targetName("namespaces/team", {}, say)).toBe("team");
    expect(targetName("repositories/team/shop/app", {}, say)).toBe("team/shop/app");
    expect(targetName("images/team/app:1.0", {}, say)).toBe("team/app:1.0");
    expect(targetName("namespaces/team/grants/ci", {}, say)).toBe("ci in team");
    expect(targetName("accounts/acme", {}, say)).toBe("acme");
  });

  it("shortens digests and shows no ids", () => {
    const digest = `sha256:${"0123456789ab".padEnd(64, "c")}`;
    expect(targetName(`images/team/app@${digest}`, {}, say)).toBe("team/app@sha256:0123456789ab");
    expect(targetName(`docker-users/ci/tokens/${ID}`, {}, say)).toBe("ci");
    expect(targetName(`docker-users/ci/tokens/${ID}`, { name: [null, "laptop"] }, say)).toBe(
      "laptop of ci",
    );
    expect(targetName(`api-keys/${ID}`, { name: ["nightly", null] }, say)).toBe("nightly");
    expect(targetName(`api-keys/${ID}`, {}, say)).toBeNull();
    expect(targetName(`sessions/${ID}`, {}, say)).toBeNull();
    expect(targetName("docker-users/-", {}, say)).toBeNull();
    expect(targetName("storage/runs/12", {}, say)).toBeNull();
  });
});
