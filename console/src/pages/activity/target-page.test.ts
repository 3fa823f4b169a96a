import { describe, expect, it } from "vitest";
import { targetObject, targetPage } from "./target-page";

describe("targetPage", () => {
  it("is the page of the object, or of the object that contains it", () => {
    expect(targetPage("grant.push", "namespaces/team/grants/ci")).toBe("/namespaces/team");
    expect(targetPage("repository.change", "repositories/team/shop/app")).toBe(
      "/repositories/team/shop/app",
    );
    expect(targetPage("token.delete", "docker-users/ci/tokens/1")).toBe("/docker-users/ci");
  });

  it("is the page of a pushed or copied image", () => {
    expect(targetPage("image.push", "images/team/app:1.0")).toBe("/repositories/team/app:1.0");
    expect(targetPage("image.copy", "images/team/app:1.0")).toBe("/repositories/team/app:1.0");
  });

  it("is null for a deleted object", () => {
    expect(targetPage("docker_user.delete", "docker-users/ci")).toBeNull();
    expect(targetPage("retention.delete", "images/team/app:1.0")).toBeNull();
  });

  it("is null for an object without a page", () => {
    expect(targetPage("session.create", "sessions/1")).toBeNull();
  });
});

describe("targetObject", () => {
  it("is the namespace or repository that the rules are for", () => {
    expect(targetObject("rules.update", "namespaces/team/rules")).toBe("namespaces/team");
    expect(targetObject("rules.delete", "repositories/team/app/rules")).toBe(
      "repositories/team/app",
    );
  });

  it("is the target itself of any other action", () => {
    expect(targetObject("repository.change", "repositories/team/rules")).toBe(
      "repositories/team/rules",
    );
  });
});
