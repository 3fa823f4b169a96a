import { describe, expect, it } from "vitest";
import catalog from "../../../../docs/openapi/catalog.json";
import { generatePassword, isValid, RULES } from "./rules";

interface FieldSchema {
  pattern?: string;
  minLength?: number;
  maxLength?: number;
}

type Models = Record<string, { properties: Record<string, FieldSchema> }>;

/** Returns the schema of a field in the catalog's OpenAPI document. */
function fieldSchema(model: string, name: string): FieldSchema {
  const models = catalog.components.schemas as unknown as Models;
  return models[model]?.properties[name] ?? {};
}

describe("the rules for text fields", () => {
  it.each([
    ["namespace", "NamespaceCreate", "name"],
    ["repository", "RepositoryCreate", "name"],
    ["username", "DockerUserCreate", "username"],
  ] as const)("match the API's rule for a name: %s", (rule, model, name) => {
    const { pattern, minLength, maxLength } = fieldSchema(model, name);
    expect([new RegExp(pattern ?? "").source, minLength, maxLength]).toEqual([
      RULES[rule].pattern.source,
      RULES[rule].minLength,
      RULES[rule].maxLength,
    ]);
  });

  it("match the API's length limits for a password", () => {
    const { minLength, maxLength } = fieldSchema("DockerUserCreate", "password");
    expect([minLength, maxLength]).toEqual([RULES.password.minLength, RULES.password.maxLength]);
  });

  it("count code points, not UTF-16 units", () => {
    expect(isValid("password", "密码密码密码密码")).toBe(true);
    expect(isValid("password", "😀😀😀😀")).toBe(false);
  });
});

describe("generatePassword", () => {
  it("returns a valid password", () => {
    expect(isValid("password", generatePassword())).toBe(true);
  });

  it("returns another password each time", () => {
    expect(generatePassword()).not.toBe(generatePassword());
  });
});
