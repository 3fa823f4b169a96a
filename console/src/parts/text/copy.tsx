import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../../i18n";
import { isRefusedByDocker } from "./commands";

/** Puts text on the clipboard; over plain http, where browsers have no clipboard for pages, by the old way. Says whether it is there. */
async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false, // not allowed, or the window lost the focus
    );
    if (done) {
      return true;
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  // Inside the dialog, if one is open: it keeps the focus to itself.
  (document.activeElement?.parentElement ?? document.body).append(field);
  const before = document.activeElement;
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way over plain http
  const done = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) {
    before.focus();
  }
  return done;
}

export function CopyButton({
  text,
  what,
  labelled = false,
}: {
  text: string;
  what: string;
  labelled?: boolean;
}): ReactNode {
  const { say } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (copied) {
      const timer = setTimeout(() => setCopied(false), 2000);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [copied]);
  return (
    <>
      <Button
        size="small"
        type="text"
        icon={copied ? <CheckOutlined /> : <CopyOutlined />}
        aria-label={say("common.copyOf", { what })}
        title={say("common.copy")}
        onClick={() => void copy(text).then(setCopied)}
      >
        {labelled ? say("common.copy") : undefined}
      </Button>
      <span className="visually-hidden" role="status">
        {copied ? say("common.copied") : ""}
      </span>
    </>
  );
}

/** A line for a terminal, ready to copy. */
export function Command({ what, line }: { what: string; line: string }): ReactNode {
  return (
    <div className="command">
      <p className="command-what">{what}</p>
      <div className="command-line">
        <code tabIndex={0}>{line}</code>
        <CopyButton text={line} what={what} />
      </div>
    </div>
  );
}

/** Why docker may refuse an address, where it would. */
export function PlainHttpNote(): ReactNode {
  const { say } = useWords();
  return isRefusedByDocker(window.location) ? (
    <p className="command-note">{say("repository.plainHttp")}</p>
  ) : null;
}

export function Digest({ digest, short }: { digest: string; short: string }): ReactNode {
  const { say } = useWords();
  return (
    <span className="digest">
      <code title={digest}>{short}</code>
      <CopyButton text={digest} what={say("image.digest")} />
    </span>
  );
}
