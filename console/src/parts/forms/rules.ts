import type { Key } from "../../i18n";

interface Rule {
  pattern: RegExp;
  minLength: number;
  maxLength: number;
  /** The text that states the rule. */
  key: Key;
}

/**
 * The API's rules for text fields, which let a form report an error before it sends the request.
 * rules.test.ts compares the rules for names and passwords with docs/openapi/catalog.json.
 */
export const RULES = {
  namespace: {
    pattern: /^[a-z0-9]+([._-][a-z0-9]+)*$/,
    minLength: 2,
    maxLength: 63,
    key: "rule.namespace",
  },
  repository: {
    pattern: /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/,
    minLength: 1,
    maxLength: 252,
    key: "rule.repository",
  },
  tag: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
    minLength: 1,
    maxLength: 128,
    key: "rule.tag",
  },
  username: {
    pattern: /^[a-z0-9][a-z0-9._-]*$/,
    minLength: 2,
    maxLength: 63,
    key: "rule.username",
  },
  password: { pattern: /^[^\x00-\x1f\x7f]*$/, minLength: 8, maxLength: 128, key: "rule.password" },
  description: {
    pattern: /^[^\x00-\x1f\x7f]*$/,
    minLength: 0,
    maxLength: 1000,
    key: "rule.description",
  },
  tokenName: {
    pattern: /^[^\x00-\x1f\x7f]*$/,
    minLength: 1,
    maxLength: 100,
    key: "rule.tokenName",
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** Returns whether `value` obeys `rule`. Like the API, it counts code points, not UTF-16 units. */
export function isValid(rule: RuleName, value: string): boolean {
  const { pattern, minLength, maxLength } = RULES[rule];
  const length = Array.from(value).length;
  return length >= minLength && length <= maxLength && pattern.test(value);
}

/** 32 characters that are hard to confuse and that a double click selects as one word. */
const PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** Returns a random password of 24 characters, with 120 bits of entropy. */
export function generatePassword(): string {
  return [...crypto.getRandomValues(new Uint8Array(24))]
    .map((value) => PASSWORD_ALPHABET[value % PASSWORD_ALPHABET.length])
    .join("");
}
