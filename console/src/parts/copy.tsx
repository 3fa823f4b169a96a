import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../i18n";

/** Puts text on the clipboard; over plain http, where browsers have no clipboard for pages, by the old way. */
async function copy(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  // Inside the dialog, if one is open: it keeps the focus to itself.
  (document.activeElement?.parentElement ?? document.body).append(field);
  const before = document.activeElement;
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way over plain http
  document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) {
    before.focus();
  }
}

export function CopyButton({ text, what, labelled = false }: { text: string; what: string; labelled?: boolean }): ReactNode {
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
        onClick={() => void copy(text).then(() => setCopied(true))}
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

export function Digest({ digest, short }: { digest: string; short: string }): ReactNode {
  const { say } = useWords();
  return (
    <span className="digest">
      <code title={digest}>{short}</code>
      <CopyButton text={digest} what={say("image.digest")} />
    </span>
  );
}
