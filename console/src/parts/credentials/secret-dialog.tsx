import { Alert, Button, Modal } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { Command } from "../text/copy";

/** The only time that a secret is shown; the dialog closes by its button alone. */
export function SecretDialog({
  title,
  lines,
  onClose,
}: {
  title: string;
  lines: { what: string; line: string }[];
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  return (
    <Modal
      open
      title={title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      width={640}
      footer={
        <Button type="primary" onClick={onClose}>
          {say("tokens.done")}
        </Button>
      }
    >
      <Alert className="secret-box" type="warning" showIcon title={say("tokens.made.text")} />
      {lines.map(({ what, line }) => (
        <Command key={what} what={what} line={line} />
      ))}
    </Modal>
  );
}
