import { Alert, Button, Modal } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { CommandLine } from "../text/command-line";

/** A secret, or a command that uses it. */
export interface SecretLine {
  what: string;
  line: string;
}

interface Props {
  title: string;
  lines: SecretLine[];
  onClose: () => void;
}

/**
 * Shows a new secret for the only time: it cannot be read again later. Only the button closes the
 * dialog, so that neither a click outside it nor the Escape key loses the secret.
 */
export function SecretDialog({ title, lines, onClose }: Props): ReactNode {
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
      <Alert className="secret-box" type="warning" showIcon title={say("tokens.created.text")} />
      {lines.map(({ what, line }) => (
        <CommandLine key={what} what={what} line={line} />
      ))}
    </Modal>
  );
}
