import { describe, expect, it } from "vitest";
import { nextSort } from "./sort";

describe("nextSort", () => {
  it("reverses the order of the same column", () => {
    expect(nextSort("name", "name", false)).toBe("-name");
    expect(nextSort("-name", "name", false)).toBe("name");
  });

  it("begins in descending order where the column requires it", () => {
    expect(nextSort("name", "pull_count", true)).toBe("-pull_count");
  });
});
