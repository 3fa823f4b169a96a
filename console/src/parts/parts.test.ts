import { afterEach, describe, expect, it, vi } from "vitest";
import catalog from "../../../docs/openapi/catalog.json";
import { en } from "../i18n/en";
import { preferredLanguage } from "../i18n";
import { zh } from "../i18n/zh";
import { curlWith, dockerLoginWith, isRefusedByDocker, kubernetesSecret } from "./text/commands";
import { bytes, count, exactMoment, relativeMoment, shellWord, shortDigest } from "./text/format";
import { newPassword, obeys, RULES } from "./forms/rules";
import { beginning, filled } from "../pages/pulls/series";
import { nextSort, safeReturn, targetPage, withChange } from "./page/url";

describe("rules", () => {
  it("are those of the API", () => {
    interface Field {
      pattern?: string;
      minLength?: number;
      maxLength?: number;
    }
    const schemas = catalog.components.schemas as unknown as Record<
      string,
      { properties: Record<string, Field> }
    >;
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
    const places = (text: string) =>
      [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();
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

  it("are there for every action of the audit trail and for every filter of it", () => {
    const nouns = new Set(
      Object.keys(en).flatMap((key) => /^activity\.do\.(\w+)\./.exec(key)?.[1] ?? []),
    );
    nouns.delete("dead_letter"); // an operator's, found among everything
    const filters = Object.keys(en).flatMap(
      (key) => /^activity\.noun\.(\w+)$/.exec(key)?.[1] ?? [],
    );
    expect([...nouns].sort()).toEqual(filters.sort());
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

  it("of what the audit trail is about are known where it still is", () => {
    expect(targetPage("grant.push", "namespaces/team/grants/ci")).toBe("/namespaces/team");
    expect(targetPage("repository.change", "repositories/team/shop/app")).toBe(
      "/repositories/team/shop/app",
    );
    expect(targetPage("token.delete", "docker-users/ci/tokens/1")).toBe("/docker-users/ci");
    expect(targetPage("docker_user.delete", "docker-users/ci")).toBeNull();
    expect(targetPage("session.create", "sessions/1")).toBeNull();
  });

  it("lead back to this console alone", () => {
    expect(safeReturn("/repositories?q=a")).toBe("/repositories?q=a");
    for (const elsewhere of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/sign-in",
      undefined,
    ]) {
      expect(safeReturn(elsewhere)).toBe("/");
    }
  });
});

describe("lines for a terminal", () => {
  it("quote what a shell would read", () => {
    expect(shellWord("plain-1.0")).toBe("plain-1.0");
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
  });

  it("are of no use with docker over plain http, but on the machine itself", () => {
    const refused = (address: string) => isRefusedByDocker(new URL(address));
    expect(["http://registry.example.com", "http://10.0.0.7:8080"].map(refused)).toEqual([
      true,
      true,
    ]);
    expect(
      [
        "https://registry.example.com",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]",
      ].map(refused),
    ).not.toContain(true);
  });

  it("keep secrets out of the list of processes", () => {
    expect(curlWith("https://example.com", "mak_x")).toBe(
      "echo 'Authorization: Bearer mak_x' | curl -H @- https://example.com/api/v1/repositories",
    );
  });

  it("name the server, the user and the secret", () => {
    expect(dockerLoginWith("example.com:8080", "ci", "mat_x")).toBe(
      "echo mat_x | docker login example.com:8080 -u ci --password-stdin",
    );
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

  it("of thousands are grouped as the reader does", () => {
    expect(count(1234567, "en-GB")).toBe("1,234,567");
    expect(bytes(1536, "zh-CN")).toBe("1.5 KiB");
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-24T09:30:00Z");
  afterEach(() => vi.unstubAllEnvs());

  it("are told as people tell them, and as a date when they are long ago", () => {
    const ago = (at: string, language: string) => relativeMoment(at, language, now);
    expect(ago("2026-11-24T09:29:30Z", "en-GB")).toBeNull();
    expect(ago("2026-11-24T09:30:40Z", "en-GB")).toBeNull(); // the server's clock is ahead
    expect(ago("2026-11-24T09:28:30Z", "en-GB")).toBe("1 minute ago");
    expect(ago("2026-11-24T06:00:00Z", "zh-CN")).toBe("3小时前");
    expect(ago("2026-11-22T08:00:00Z", "en-GB")).toBe("2 days ago");
    expect(ago("2026-11-25T12:00:00Z", "en-GB")).toBe("in 1 day");
    expect(ago("2026-05-01T12:00:00Z", "en-GB")).toBe("1 May 2026");
    expect(ago("2026-05-01T12:00:00Z", "zh-CN")).toBe("2026年5月1日");
  });

  it("are exact to the second, with the zone, behind that", () => {
    vi.stubEnv("TZ", "Asia/Shanghai");
    expect(exactMoment("2026-11-24T09:30:05Z", "en-GB")).toBe("24 November 2026 at 17:30:05 GMT+8");
  });

  it("of a chart are the reader's hours and days, those without a pull too", () => {
    vi.stubEnv("TZ", "Asia/Shanghai");
    const at = new Date(now); // 17:30 in Shanghai
    const hours = filled([{ at: "2026-11-24T09:00:00Z", pulls: 3 }], "day", at);
    expect(hours).toHaveLength(24);
    expect(hours.at(-1)).toEqual({ at: "2026-11-24T09:00:00.000Z", pulls: 3 });
    const pulls = [
      { at: "2026-11-17T15:00:00Z", pulls: 100 }, // the hour before the first day
      { at: "2026-11-17T16:00:00Z", pulls: 5 },
      { at: "2026-11-18T15:00:00Z", pulls: 7 },
      { at: "2026-11-18T16:00:00Z", pulls: 1 },
    ];
    const days = filled(pulls, "week", at);
    expect(days.map((day) => day.pulls)).toEqual([12, 1, 0, 0, 0, 0, 0]);
    expect(days[0]?.at).toBe("2026-11-17T16:00:00.000Z");
    expect(beginning("week", at).toISOString()).toBe("2026-11-17T16:00:00.000Z");
  });

  it("of a chart take days as long as they are when clocks change", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    const days = filled(
      [{ at: "2026-10-25T22:00:00Z", pulls: 2 }],
      "week",
      new Date("2026-10-26T12:00:00Z"),
    );
    expect(days.at(-2)).toEqual({ at: "2026-10-24T22:00:00.000Z", pulls: 2 }); // 25 hours long
    expect(days.at(-1)).toEqual({ at: "2026-10-25T23:00:00.000Z", pulls: 0 });
  });
});
