import type { Say } from "../../i18n";
import type { PreviewedTag, RetentionRule } from "./rules";

/** Returns a sentence that says which tags a retention rule keeps. */
export function ruleText(rule: RetentionRule, say: Say, locale: string): string {
  const kept = [
    rule.keep_last !== null && say("rules.keep.last", { count: rule.keep_last }),
    rule.keep_pulled_within_days !== null &&
      say("rules.keep.pulled", { count: rule.keep_pulled_within_days }),
    rule.keep_pushed_within_days !== null &&
      say("rules.keep.pushed", { count: rule.keep_pushed_within_days }),
  ].filter((text) => text !== false);
  return say("rules.keep", {
    pattern: rule.tags,
    kept: new Intl.ListFormat(locale, { type: "conjunction" }).format(kept),
  });
}

/** Returns a sentence that says why retention keeps or deletes a tag. */
export function reasonText(tag: PreviewedTag, rules: RetentionRule[], say: Say): string {
  const rule = tag.rule === null ? undefined : rules[tag.rule];
  const pattern = rule?.tags ?? "";
  switch (tag.reason_code) {
    case "immutable":
      return say("rules.reason.immutable");
    case "no_rule":
      return say("rules.reason.no_rule");
    case "keep_last":
    case "keep_pulled_within_days":
    case "keep_pushed_within_days":
      return say(`rules.reason.${tag.reason_code}`, {
        pattern,
        count: rule?.[tag.reason_code] ?? 0,
      });
    case "not_kept":
      return say("rules.reason.not_kept", { pattern });
  }
}
