import i18next from "i18next";
import type { Model } from "../../api/client";
import type { Key, Say } from "../../i18n";
import { shortDigest } from "../../parts/text/format";

export type Changes = Model<"AuditEntryOut">["changes"];
type Value = Changes[string][number];

/** Returns a text for each changed field of an audit entry: `visibility: private → public`. */
export function changeTexts(changes: Changes, say: Say): string[] {
  return Object.entries(changes).map(([name, [before, after]]) => {
    const field = textOr(`activity.field.${name}`, name, say);
    if (isNone(before) && isNone(after)) {
      return say("activity.changed", { field });
    }
    // The action says whether the object was created or deleted.
    if (isNone(before) || isNone(after)) {
      return say("activity.value", {
        field,
        value: valueText(isNone(after) ? before : after, say),
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
