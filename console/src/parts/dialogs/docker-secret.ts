import type { Say } from "../../i18n";
import { applyPullSecret, dockerLoginWithSecret, registryHost } from "../text/commands";
import type { SecretLine } from "./secret-dialog";

/** Returns a secret of a Docker user, and the commands that log in with it. */
export function dockerSecretLines(
  what: string,
  username: string,
  secret: string,
  say: Say,
): SecretLine[] {
  const host = registryHost();
  return [
    { what, line: secret },
    { what: say("tokens.login"), line: dockerLoginWithSecret(host, username, secret) },
    { what: say("tokens.kubernetes"), line: applyPullSecret(host, username, secret) },
  ];
}
