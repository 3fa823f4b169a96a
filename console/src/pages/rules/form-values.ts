import { MOST_DAYS, MOST_KEPT, type RetentionRule, type Rules } from "./rules";

/** The fields of a retention rule in the form. A number is a text; an empty one is no condition. */
export interface RuleValues {
  tags?: string;
  keep_last?: string;
  keep_pulled_within_days?: string;
  keep_pushed_within_days?: string;
}

/** The fields of the form. The patterns of immutable tags are one per line. */
export interface FormValues {
  immutable_tags: string;
  /** A rule is undefined for a moment after it was added. */
  retention: (RuleValues | undefined)[];
  retention_enabled: boolean;
}

/** The conditions of a retention rule, by their fields. */
export const CONDITIONS = [
  "keep_last",
  "keep_pulled_within_days",
  "keep_pushed_within_days",
] as const;

const PATTERN = /^[A-Za-z0-9._\-*?[\]!]{1,128}$/;

/** Returns whether the API may accept `pattern`. It also checks the sets in brackets. */
export function isPattern(pattern: string): boolean {
  return PATTERN.test(pattern);
}

/** Returns the patterns in a text with one per line. */
export function patternsOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Returns a positive integer up to `most`, null for an empty text, or undefined if invalid. */
export function numberOf(text: string | undefined, most: number): number | null | undefined {
  const trimmed = (text ?? "").trim();
  if (trimmed === "") {
    return null;
  }
  const value = Number(trimmed);
  return /^[0-9]+$/.test(trimmed) && value >= 1 && value <= most ? value : undefined;
}

/** Returns the values of the form for `rules`. */
export function toForm(rules: Rules): FormValues {
  return {
    immutable_tags: rules.immutable_tags.join("\n"),
    retention: rules.retention.map((rule) => ({
      tags: rule.tags,
      ...Object.fromEntries(
        CONDITIONS.flatMap((name) => {
          const value = rule[name];
          return value === null ? [] : [[name, String(value)]];
        }),
      ),
    })),
    retention_enabled: rules.retention_enabled,
  };
}

/** Returns the rules that the form describes, or null while a field is invalid. */
export function fromForm(values: Partial<FormValues>): Rules | null {
  const immutable_tags = patternsOf(values.immutable_tags ?? "");
  if (!immutable_tags.every(isPattern)) {
    return null;
  }
  const retention: RetentionRule[] = [];
  for (const rule of values.retention ?? []) {
    const tags = (rule?.tags ?? "").trim();
    const keep_last = numberOf(rule?.keep_last, MOST_KEPT);
    const keep_pulled_within_days = numberOf(rule?.keep_pulled_within_days, MOST_DAYS);
    const keep_pushed_within_days = numberOf(rule?.keep_pushed_within_days, MOST_DAYS);
    if (
      !isPattern(tags) ||
      keep_last === undefined ||
      keep_pulled_within_days === undefined ||
      keep_pushed_within_days === undefined ||
      (keep_last ?? keep_pulled_within_days ?? keep_pushed_within_days) === null
    ) {
      return null;
    }
    retention.push({ tags, keep_last, keep_pulled_within_days, keep_pushed_within_days });
  }
  const rules: Rules = {
    immutable_tags,
    retention,
    retention_enabled: values.retention_enabled ?? false,
  };
  return rules;
}
