import { Form, Input } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { session } from "../../api/session";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { PasswordDialog } from "../../parts/dialogs/password-dialog";
import { PasswordField } from "../../parts/forms/fields";

interface Props {
  username: string;
  action: "password" | "signOut";
  onClose: () => void;
}

/** The dialog that changes the account's own password or ends all its sessions. */
export default function OwnAccountDialog({ username, action, onClose }: Props): ReactNode {
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
    <PasswordDialog<{ current_password: string; password: string }>
      title={say("account.password")}
      submitText={say("common.save")}
      secretTitle={say("account.passwordChanged")}
      lines={({ password }) => [{ what: say("common.newPassword"), line: password }]}
      initial={{}}
      rules={{ password: "password", current_password: "password" }}
      onSubmit={async (values) => {
        await api.PUT("/api/v1/account/password", { body: values });
        // The new password ends all sessions. This one starts again, so that the dialog can stay.
        await session.signIn(username, values.password);
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
    </PasswordDialog>
  );
}
