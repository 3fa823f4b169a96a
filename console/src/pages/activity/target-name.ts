import type { Say } from "../../i18n";
import { shortDigest } from "../../parts/text/format";
import type { Changes } from "./changes-text";

/**
 * Returns the name of the target of an audit entry, without ids that nobody recognizes. Returns
 * null if the target has no name, such as a session.
 */
export function targetName(target: string, changes: Changes, say: Say): string | null {
  const [kind, name = "", part, partName] = target.split("/");
  const changedName = changes.name?.find((value) => value !== null);
  const ownName = changedName === undefined ? null : String(changedName);
  if (kind === "api-keys") {
    return ownName;
  }
  if (kind === "sessions" || kind === "storage" || name === "-" || name === "") {
    return null;
  }
  if (part === "grants") {
    return say("activity.name.grant", { user: partName ?? "", namespace: name });
  }
  if (part === "tokens") {
    return ownName === null ? name : say("activity.name.token", { token: ownName, user: name });
  }
  const [path = "", digest] = target.slice(target.indexOf("/") + 1).split("@");
  return digest === undefined ? path : `${path}@${shortDigest(digest)}`;
}
