import { describe, expect, it } from "vitest";
import { preferredLanguage } from ".";
import { en } from "./en";
import { zh } from "./zh";

describe("the texts", () => {
  it("have the same placeholders in both languages", () => {
    const placeholders = (text: string) =>
      [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect([key, placeholders(zh[key])]).toEqual([key, placeholders(en[key])]);
    }
  });

  it("offer a filter for every kind of object that the audit trail names", () => {
    const kinds = new Set(
      Object.keys(en).flatMap((key) => /^activity\.do\.(\w+)\./.exec(key)?.[1] ?? []),
    );
    kinds.delete("dead_letter"); // only operators see these entries, without a filter
    const filters = Object.keys(en).flatMap(
      (key) => /^activity\.noun\.(\w+)$/.exec(key)?.[1] ?? [],
    );
    expect([...kinds].sort()).toEqual(filters.sort());
  });

  it("avoid the jargon that spec 8 forbids", () => {
    for (const text of [...Object.values(en), ...Object.values(zh)]) {
      expect(text).not.toMatch(/\bdrift|dead letter|\blag\b|死信|漂移/i);
    }
  });
});

describe("preferredLanguage", () => {
  it("is the chosen language, then the browser's, then English", () => {
    expect(preferredLanguage("", ["zh-TW", "en"])).toBe("zh");
    expect(preferredLanguage("", ["fr-FR", "en-US"])).toBe("en");
    expect(preferredLanguage("", ["fr"])).toBe("en");
    expect(preferredLanguage("a=b; moorage_language=en", ["zh"])).toBe("en");
  });
});
