import { Form, Input } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { session } from "../../api/session";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { PasswordField } from "../../parts/forms/fields";

interface Props {
  action: "password" | "signOut";
  onClose: () => void;
}

/** The dialog that changes the account's own password or ends all its sessions. */
export default function OwnAccountDialog({ action, onClose }: Props): ReactNode {
  const { say } = useWords();
  if (action === "signOut") {
    return (
      <ConfirmDialog
        title={say("app.signOutEverywhere")}
        text={say("app.signOutEverywhere.text")}
        confirmText={say("app.signOutEverywhere")}
        onConfirm={() => session.signOut(true)}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog<{ current_password: string; password: string }>
      title={say("account.password")}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{}}
      rules={{ password: "password", current_password: "password" }}
      onSubmit={async (values) => {
        await api.PUT("/api/v1/account/password", { body: values });
        await session.renew(); // the new password ends all sessions: this shows the sign-in page
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <p className="page-text">{say("account.password.text")}</p>
          <Form.Item
            name="current_password"
            label={say("account.currentPassword")}
            rules={[{ required: true, message: say("rule.required") }]}
          >
            <Input.Password autoFocus autoComplete="current-password" />
          </Form.Item>
          <PasswordField name="password" label={say("common.newPassword")} form={form} />
        </>
      )}
    </FormDialog>
  );
}
