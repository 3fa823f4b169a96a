import { describe, expect, it } from "vitest";
import catalog from "../../../docs/openapi/catalog.json";
import { en } from "../i18n/en";
import { preferredLanguage } from "../i18n";
import { zh } from "../i18n/zh";
import { dockerLoginWith, kubernetesSecret } from "./commands";
import { bytes, shellWord, shortDigest } from "./format";
import { newPassword, obeys, RULES } from "./rules";
import { filled } from "./series";
import { nextSort, safeReturn, withChange } from "./url";

describe("rules", () => {
  it("are those of the API", () => {
    interface Field {
      pattern?: string;
      minLength?: number;
      maxLength?: number;
    }
    const schemas = catalog.components.schemas as unknown as Record<string, { properties: Record<string, Field> }>;
    const field = (model: string, name: string) => schemas[model]?.properties[name];
    for (const [rule, model, name] of [
      ["namespace", "NamespaceCreate", "name"],
      ["repository", "RepositoryCreate", "name"],
      ["username", "DockerUserCreate", "username"],
    ] as const) {
      const { pattern, minLength, maxLength } = field(model, name) ?? {};
      expect([new RegExp(pattern ?? "").source, minLength, maxLength]).toEqual([
        RULES[rule].pattern.source,
        RULES[rule].least,
        RULES[rule].most,
      ]);
    }
    const { minLength, maxLength } = field("DockerUserCreate", "password") ?? {};
    expect([minLength, maxLength]).toEqual([RULES.password.least, RULES.password.most]);
  });

  it("count characters, not UTF-16 units", () => {
    expect(obeys("password", "密码密码密码密码")).toBe(true);
    expect(obeys("password", "😀😀😀😀")).toBe(false);
  });

  it("make passwords that they accept and that differ", () => {
    expect(obeys("password", newPassword())).toBe(true);
    expect(newPassword()).not.toBe(newPassword());
  });
});

describe("words", () => {
  it("leave no place of a sentence empty in the other language", () => {
    const places = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect([key, places(zh[key])]).toEqual([key, places(en[key])]);
    }
  });

  it("follow what was chosen, then the browser, then English", () => {
    expect(preferredLanguage("", ["zh-TW", "en"])).toBe("zh");
    expect(preferredLanguage("", ["fr-FR", "en-US"])).toBe("en");
    expect(preferredLanguage("", ["fr"])).toBe("en");
    expect(preferredLanguage("a=b; moorage_language=en", ["zh"])).toBe("en");
  });

  it("are plain", () => {
    for (const text of [...Object.values(en), ...Object.values(zh)]) {
      expect(text).not.toMatch(/\bdrift|dead letter|\blag\b|死信|漂移/i);
    }
  });
});

describe("addresses", () => {
  it("go to the first page when anything but the page changes", () => {
    expect(withChange("?q=a&cursor=x", { sort: "name" })).toBe("?q=a&sort=name");
    expect(withChange("?q=a", { cursor: "y" })).toBe("?q=a&cursor=y");
    expect(withChange("?q=a", { q: "" })).toBe("");
  });

  it("turn the order round", () => {
    expect(nextSort("name", "name", false)).toBe("-name");
    expect(nextSort("-name", "name", false)).toBe("name");
    expect(nextSort("name", "pull_count", true)).toBe("-pull_count");
  });

  it("lead back to this console alone", () => {
    expect(safeReturn("/repositories?q=a")).toBe("/repositories?q=a");
    for (const elsewhere of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/sign-in", undefined]) {
      expect(safeReturn(elsewhere)).toBe("/");
    }
  });
});

describe("lines for a terminal", () => {
  it("quote what a shell would read", () => {
    expect(shellWord("plain-1.0")).toBe("plain-1.0");
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
  });

  it("name the server, the user and the secret", () => {
    expect(dockerLoginWith("example.com:8080", "ci", "mat_x")).toBe("echo mat_x | docker login example.com:8080 -u ci --password-stdin");
    expect(kubernetesSecret("example.com", "li.wei_", "mat_x")).toBe(
      "kubectl create secret docker-registry moorage-li-wei --docker-server=example.com --docker-username=li.wei_ --docker-password=mat_x",
    );
  });
});

describe("numbers", () => {
  it("are readable", () => {
    expect(bytes(0, "en")).toBe("0 B");
    expect(bytes(1536, "en")).toBe("1.5 KiB");
    expect(bytes(150 * 1024 ** 2, "en")).toBe("150 MiB");
    expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("sha256:abababababab");
  });

  it("fill hours and days without a pull with nought", () => {
    const now = new Date("2026-11-24T09:30:00Z");
    const hours = filled([{ at: "2026-11-24T09:00:00Z", pulls: 3 }], "day", now);
    expect(hours).toHaveLength(24);
    expect(hours.at(-1)).toEqual({ at: "2026-11-24T09:00:00.000Z", pulls: 3 });
    const days = filled([{ at: "2026-11-18T00:00:00Z", pulls: 5 }], "week", now);
    expect(days[0]).toEqual({ at: "2026-11-18T00:00:00.000Z", pulls: 5 });
    expect(days.at(-1)?.at).toBe("2026-11-24T00:00:00.000Z");
  });
});
