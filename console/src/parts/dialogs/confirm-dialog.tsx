import { Alert, Button, Input, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { useWords } from "../../i18n";
import { notice } from "../feedback/notice";
import { problemText } from "../feedback/problem-text";
import { useReturnFocus } from "./return-focus";
import { StillWorking } from "./still-working";

interface Props {
  title: string;
  text: string;
  /** The text of the confirm button. */
  confirmText: string;
  /** A name that the user must type before the button is enabled. */
  requiredName?: string;
  danger?: boolean;
  /** A notice that confirms success. */
  successText?: string;
  /** Disables the confirm button. */
  disabled?: boolean;
  /** Returns false to keep the dialog open, for example to ask something more. */
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}

/** Requests a confirmation before an action that nobody can undo, or that affects other people. */
export function ConfirmDialog({
  title,
  text,
  confirmText,
  requiredName,
  danger = true,
  successText,
  disabled = false,
  onConfirm,
  onClose,
  children,
}: Props): ReactNode {
  const { say, locale } = useWords();
  const [typedName, setTypedName] = useState("");
  const [confirming, setConfirming] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const enabled = !disabled && (requiredName === undefined || typedName === requiredName);
  useReturnFocus();

  async function confirm(): Promise<void> {
    setConfirming(true);
    setError(null);
    try {
      if ((await onConfirm()) === false) {
        setConfirming(false);
        return;
      }
      if (successText !== undefined) {
        notice.show(successText);
      }
      onClose();
    } catch (problem) {
      setError(problem);
      setConfirming(false);
    }
  }

  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      getContainer={() => document.body} // is on the page already, so autoFocus works
      footer={[
        <Button key="cancel" autoFocus={requiredName === undefined} onClick={onClose}>
          {say("common.cancel")}
        </Button>,
        <Button
          key="confirm"
          type="primary"
          danger={danger}
          disabled={!enabled}
          loading={confirming}
          onClick={() => void confirm()}
        >
          {confirmText}
        </Button>,
      ]}
      mask={{ closable: false }}
    >
      <StillWorking working={confirming} />
      {error !== null && (
        <Alert
          className="form-error"
          type="error"
          showIcon
          title={problemText(error, say, locale)}
        />
      )}
      <p>{text}</p>
      {children}
      {requiredName !== undefined && (
        <label className="typed">
          {say("common.typeName", { name: requiredName })}
          <Input
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={typedName}
            onChange={(event) => setTypedName(event.target.value)}
            onPressEnter={() => enabled && void confirm()}
          />
        </label>
      )}
    </Modal>
  );
}
