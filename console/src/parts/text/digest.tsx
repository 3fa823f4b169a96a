import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { CopyButton } from "./copy-button";
import { shortDigest } from "./format";

/** A shortened digest, with a button that copies the full one. */
export function Digest({ digest }: { digest: string }): ReactNode {
  const { say } = useWords();
  return (
    <span className="digest">
      <code title={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest} what={say("image.digest")} />
    </span>
  );
}
