import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { isPlainRemote } from "./commands";
import { CopyButton } from "./copy-button";

/** A command for a terminal, with its purpose and a copy button. */
export function CommandLine({ what, line }: { what: string; line: string }): ReactNode {
  return (
    <div className="command">
      <p className="command-what">{what}</p>
      <div className="command-line">
        <code>{line}</code>
        <CopyButton text={line} what={what} />
      </div>
    </div>
  );
}

/** Explains how to use this registry over plain HTTP, if Docker refuses it by default. */
export function PlainHttpNote(): ReactNode {
  const { say } = useWords();
  return isPlainRemote(window.location) ? (
    <p className="command-note">{say("repository.plainHttp")}</p>
  ) : null;
}
