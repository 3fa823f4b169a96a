import { Button, Modal } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { useReturnFocus } from "../../parts/dialogs/return-focus";
import { PreviewPart } from "./preview-part";
import type { Rules, Scope } from "./rules";

interface Props {
  scope: Scope;
  rules: Rules;
  onClose: () => void;
}

/** Shows what the stored rules delete and keep. */
export default function PreviewDialog({ scope, rules, onClose }: Props): ReactNode {
  const { say } = useWords();
  useReturnFocus();
  return (
    <Modal
      open
      title={say("rules.preview")}
      width={860}
      onCancel={onClose}
      getContainer={() => document.body} // is on the page already, so autoFocus works
      footer={
        <Button autoFocus onClick={onClose}>
          {say("common.close")}
        </Button>
      }
    >
      <PreviewPart scope={scope} rules={rules} />
    </Modal>
  );
}
