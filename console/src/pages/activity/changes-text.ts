import i18next from "i18next";
import type { Model } from "../../api/client";
import type { Key, Say } from "../../i18n";
import { formatBytes, shortDigest } from "../../parts/text/format";
import { ruleText } from "../rules/rule-text";
import type { RetentionRule } from "../rules/rules";

export type Changes = Model<"AuditEntryOut">["changes"];
type Value = Changes[string][number];

/** Fields that can be removed from an object that remains; null is their empty value. */
const REMOVABLE = new Set(["immutable_tags", "retention", "storage_quota_bytes"]);
/** Fields that repeat another one in English only. */
const HIDDEN = new Set(["reason"]);

/** Returns a text for each changed field of an audit entry: `visibility: private → public`. */
export function changeTexts(changes: Changes, say: Say): string[] {
  const shown = Object.entries(changes).filter(([name]) => !HIDDEN.has(name));
  return shown.map(([name, [before, after]]) => {
    const field = textOr(`activity.field.${name}`, name, say);
    if (REMOVABLE.has(name)) {
      return say("activity.fromTo", {
        field,
        before: fieldText(name, before, say),
        after: fieldText(name, after, say),
      });
    }
    if (isNone(before) && isNone(after)) {
      return say("activity.changed", { field });
    }
    // The action says whether the object was created or deleted.
    if (isNone(before) || isNone(after)) {
      return say("activity.value", {
        field,
        value: fieldText(name, isNone(after) ? before : after, say),
      });
    }
    return say("activity.fromTo", {
      field,
      before: valueText(before, say),
      after: valueText(after, say),
    });
  });
}

function isNone(value: Value | undefined): boolean {
  return value === null || value === undefined;
}

function fieldText(name: string, value: Value | undefined, say: Say): string {
  if (name === "storage_quota_bytes" && typeof value === "number") {
    return formatBytes(value, locale());
  }
  if ((name === "retention" || name === "rule") && typeof value === "string") {
    return storedRules(value)
      .map((rule) => (typeof rule === "string" ? rule : ruleText(rule, say, locale())))
      .join(" ");
  }
  return valueText(value, say);
}

/** Reads retention rules as the audit trail writes them: `*: keep_last 10; dev-*: keep_last 1`. */
function storedRules(text: string): (RetentionRule | string)[] {
  return text.split("; ").map((one) => {
    const [, tags, conditions] = /^(\S+): (.+)$/.exec(one) ?? [];
    if (tags === undefined || conditions === undefined) {
      return one;
    }
    const values = new Map(
      conditions.split(", ").map((condition) => {
        const [name, value] = condition.split(" ");
        return [name, Number(value)] as const;
      }),
    );
    return {
      tags,
      keep_last: values.get("keep_last") ?? null,
      keep_pulled_within_days: values.get("keep_pulled_within_days") ?? null,
      keep_pushed_within_days: values.get("keep_pushed_within_days") ?? null,
    };
  });
}

function locale(): string {
  return i18next.language === "zh" ? "zh-CN" : "en-GB";
}

function valueText(value: Value | undefined, say: Say): string {
  if (value === null || value === undefined || value === "") {
    return "–";
  }
  if (typeof value === "boolean") {
    return say(value ? "activity.yes" : "activity.no");
  }
  const text = String(value);
  return textOr(`activity.value.${text}`, text.startsWith("sha") ? shortDigest(text) : text, say);
}

function textOr(key: string, fallback: string, say: Say): string {
  return i18next.exists(key) ? say(key as Key) : fallback;
}
