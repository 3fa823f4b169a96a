import i18next from "i18next";
import type { Key, Say } from "../../i18n";

/** Returns the text of an audit action, or the action itself if the console has no text for it. */
export function actionText(action: string, say: Say): string {
  const key = `activity.do.${action}`;
  return i18next.exists(key) ? say(key as Key) : action;
}
