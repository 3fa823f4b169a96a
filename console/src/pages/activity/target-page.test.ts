import { describe, expect, it } from "vitest";
import { targetPage } from "./target-page";

describe("targetPage", () => {
  it("is the page of the object, or of the object that contains it", () => {
    expect(targetPage("grant.push", "namespaces/team/grants/ci")).toBe("/namespaces/team");
    expect(targetPage("repository.change", "repositories/team/shop/app")).toBe(
      "/repositories/team/shop/app",
    );
    expect(targetPage("token.delete", "docker-users/ci/tokens/1")).toBe("/docker-users/ci");
  });

  it("is the page of a pushed image", () => {
    expect(targetPage("image.push", "images/team/app:1.0")).toBe("/repositories/team/app:1.0");
  });

  it("is null for a deleted object", () => {
    expect(targetPage("docker_user.delete", "docker-users/ci")).toBeNull();
  });

  it("is null for an object without a page", () => {
    expect(targetPage("session.create", "sessions/1")).toBeNull();
  });
});
