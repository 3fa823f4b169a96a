import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { Status } from "./status";

/** Shows whether an account or a Docker user is active or disabled. */
export function EnabledStatus({ disabled }: { disabled: boolean }): ReactNode {
  const { say } = useWords();
  return (
    <Status
      tone={disabled ? "bad" : "good"}
      text={say(disabled ? "dockerUsers.disabled" : "dockerUsers.active")}
    />
  );
}
