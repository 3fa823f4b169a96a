import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../../i18n";

const CONFIRMATION_MILLISECONDS = 2000;

/**
 * Copies `text` to the clipboard; resolves to whether it succeeded. Over plain HTTP, browsers offer
 * no clipboard API, so the function then copies a selection.
 */
async function copyToClipboard(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false, // the user denied access, or the window has no focus
    );
    if (copied) {
      return true;
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  // An open dialog traps the focus, so the field must be inside it.
  (document.activeElement?.parentElement ?? document.body).append(field);
  const focused = document.activeElement;
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way over plain HTTP
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) {
    focused.focus();
  }
  return copied;
}

interface Props {
  text: string;
  /** The name of `text`, for screen readers. */
  what: string;
}

/** A button that copies `text` and confirms it for 2 s. */
export function CopyButton({ text, what }: Props): ReactNode {
  const { say } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (copied) {
      const timer = setTimeout(() => setCopied(false), CONFIRMATION_MILLISECONDS);
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
        onClick={() => void copyToClipboard(text).then(setCopied)}
      />
      <span className="visually-hidden" role="status">
        {copied ? say("common.copied") : ""}
      </span>
    </>
  );
}
