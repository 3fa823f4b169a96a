import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, type Model } from "../../api/client";
import { type Say, useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { PasswordDialog } from "../../parts/dialogs/password-dialog";
import type { SecretLine } from "../../parts/dialogs/secret-dialog";
import { ChoiceField, PasswordField, TextField } from "../../parts/forms/fields";
import { QuotaDialog } from "../storage/quota-dialog";
import type { AccountAction, Role } from "./account";

interface Props {
  action: AccountAction;
  onClose: () => void;
}

/** The dialog of an account action. */
export default function AccountDialog({ action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["accounts"] });
  if (action.kind === "create") {
    return <CreateDialog refresh={refresh} onClose={onClose} />;
  }
  const { username, role } = action.account;
  const change = async (values: Model<"AccountChange">) => {
    await api.PATCH("/api/v1/accounts/{username}", {
      params: { path: { username } },
      body: values,
    });
    await refresh();
  };
  switch (action.kind) {
    case "role":
      return (
        <FormDialog<{ role: Role }>
          title={`${say("accounts.changeRole")}: ${username}`}
          submitText={say("common.save")}
          successText={say("common.saved")}
          initial={{ role }}
          onSubmit={change}
          onClose={onClose}
        >
          <RoleField />
        </FormDialog>
      );
    case "quota":
      return (
        <QuotaDialog
          username={username}
          storage={action.account}
          onSubmit={async (storage_quota_bytes) => {
            await change({ storage_quota_bytes });
            await queries.invalidateQueries({ queryKey: ["account"] }); // it may be one's own
          }}
          onClose={onClose}
        />
      );
    case "password":
      return (
        <PasswordDialog<{ password: string }>
          title={`${say("accounts.password")}: ${username}`}
          submitText={say("common.save")}
          secretTitle={say("accounts.passwordSet")}
          lines={({ password }) => accountSecretLines(username, password, say)}
          initial={{}}
          rules={{ password: "password" }}
          onSubmit={change}
          onClose={onClose}
        >
          {(form) => (
            <>
              <p className="page-text">{say("accounts.password.text", { user: username })}</p>
              <PasswordField name="password" label={say("common.newPassword")} focus form={form} />
            </>
          )}
        </PasswordDialog>
      );
    case "disable":
      return (
        <ConfirmDialog
          title={say("accounts.disable.title")}
          text={say("accounts.disable.text", { user: username })}
          confirmText={say("dockerUsers.disable")}
          onConfirm={() => change({ disabled: true })}
          onClose={onClose}
        />
      );
    case "enable":
      return (
        <ConfirmDialog
          title={`${say("dockerUsers.enable")}: ${username}`}
          text={username}
          confirmText={say("dockerUsers.enable")}
          danger={false}
          onConfirm={() => change({ disabled: false })}
          onClose={onClose}
        />
      );
  }
}

/** Returns what an account needs to sign in to the console. */
function accountSecretLines(username: string, password: string, say: Say): SecretLine[] {
  return [
    { what: say("common.password"), line: password },
    { what: say("signIn.username"), line: username },
    { what: say("accounts.console"), line: `${window.location.origin}/sign-in` },
  ];
}

interface CreateDialogProps {
  refresh: () => Promise<unknown>;
  onClose: () => void;
}

function CreateDialog({ refresh, onClose }: CreateDialogProps): ReactNode {
  const { say } = useWords();
  return (
    <PasswordDialog<{ username: string; password: string; role: Role }>
      title={say("accounts.create")}
      submitText={say("common.create")}
      initial={{ role: "member" }}
      rules={{ username: "username", password: "password" }}
      onSubmit={async (values) => {
        await api.POST("/api/v1/accounts", { body: values });
        await refresh();
      }}
      secretTitle={say("accounts.created")}
      lines={({ username, password }) => accountSecretLines(username, password, say)}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextField name="username" label={say("signIn.username")} rule="username" focus />
          <PasswordField name="password" label={say("common.password")} form={form} />
          <RoleField />
        </>
      )}
    </PasswordDialog>
  );
}

function RoleField(): ReactNode {
  const { say } = useWords();
  return (
    <ChoiceField
      name="role"
      label={say("accounts.role")}
      choices={[
        { value: "member", label: "accounts.role.member", text: "accounts.role.member.text" },
        { value: "admin", label: "accounts.role.admin", text: "accounts.role.admin.text" },
      ]}
    />
  );
}
