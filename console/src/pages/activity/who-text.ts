import type { Model } from "../../api/client";
import type { Say } from "../../i18n";

type AuditEntry = Model<"AuditEntryOut">;

/** `via` of a deletion by the rules of a namespace or repository. */
const RETENTION = "retention";

/** Returns who did it: an account, a Docker user, a rule, or the operator of the installation. */
export function whoText(entry: AuditEntry, say: Say): string {
  if (entry.account !== null) {
    return entry.account;
  }
  if (entry.docker_user !== null) {
    return say("activity.who.dockerUser", { user: entry.docker_user });
  }
  if (isRetention(entry)) {
    return say("activity.who.retention");
  }
  return entry.via === null ? "–" : say("activity.who.operator");
}

function isRetention(entry: AuditEntry): boolean {
  return entry.via === RETENTION && entry.api_key_id === null && entry.account === null;
}

/** Returns how it was done: after a sign-in, with an API key, by a rule, or on the command line. */
export function viaText(entry: AuditEntry, say: Say): string {
  if (entry.via === null) {
    return "–";
  }
  if (entry.api_key_id !== null) {
    return say("activity.via.apiKey", { name: entry.via });
  }
  if (isRetention(entry)) {
    return say("activity.via.retention");
  }
  return say(entry.account === null ? "activity.via.commandLine" : "activity.via.session");
}
