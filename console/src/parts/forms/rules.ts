import type { Key } from "../../i18n";

interface Rule {
  pattern: RegExp;
  least: number;
  most: number;
  key: Key;
}

/** The API's rules for names, said before it has to refuse (docs/openapi; a test compares the patterns). */
export const RULES = {
  namespace: { pattern: /^[a-z0-9]+([._-][a-z0-9]+)*$/, least: 2, most: 63, key: "rule.namespace" },
  repository: {
    pattern: /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/,
    least: 1,
    most: 252,
    key: "rule.repository",
  },
  username: { pattern: /^[a-z0-9][a-z0-9._-]*$/, least: 2, most: 63, key: "rule.username" },
  password: { pattern: /^[^\x00-\x1f\x7f]*$/, least: 8, most: 128, key: "rule.password" },
  description: { pattern: /^[^\x00-\x1f\x7f]*$/, least: 0, most: 1000, key: "rule.description" },
  tokenName: { pattern: /^[^\x00-\x1f\x7f]*$/, least: 1, most: 100, key: "rule.tokenName" },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** Whether `value` is accepted; lengths are counted in characters as the API counts them, not in UTF-16 units. */
export function obeys(rule: RuleName, value: string): boolean {
  const { pattern, least, most } = RULES[rule];
  const length = Array.from(value).length;
  return length >= least && length <= most && pattern.test(value);
}

/** A password that nobody guesses: 120 random bits, in characters that are told apart and copied by a double click. */
export function newPassword(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return [...crypto.getRandomValues(new Uint8Array(24))]
    .map((value) => letters[value % 32])
    .join("");
}
