import { describe, expect, it } from "vitest";
import { safeReturn, withChange } from "./url";

describe("withChange", () => {
  it("returns to the first page when the order or a filter changes", () => {
    expect(withChange("?q=a&cursor=x", { sort: "name" })).toBe("?q=a&sort=name");
  });

  it("keeps the other values when the page changes", () => {
    expect(withChange("?q=a", { cursor: "y" })).toBe("?q=a&cursor=y");
  });

  it("removes empty values", () => {
    expect(withChange("?q=a", { q: "" })).toBe("");
  });
});

describe("safeReturn", () => {
  it("returns a path of this console", () => {
    expect(safeReturn("/repositories?q=a")).toBe("/repositories?q=a");
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/sign-in",
    undefined,
  ])("replaces %s with the start page", (address) => {
    expect(safeReturn(address)).toBe("/");
  });
});
