import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import {
  ChoiceField,
  Confirm,
  FormDialog,
  PasswordField,
  TextField,
} from "../../parts/dialogs/form-dialog";

type Role = "admin" | "member";
export type AccountAction =
  | { kind: "create" }
  | { kind: "role" | "password" | "disable" | "enable"; account: Model<"AccountOut"> };

export default function AccountDialog({
  action,
  onClose,
}: {
  action: AccountAction;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["accounts"] });
  if (action.kind === "create") {
    return <CreateDialog refresh={refresh} onClose={onClose} />;
  }
  const user = action.account.username;
  const change = async (changed: { disabled?: boolean; role?: Role; password?: string }) => {
    await api.PATCH("/api/v1/accounts/{username}", {
      params: { path: { username: user } },
      body: changed,
    });
    await refresh();
  };
  switch (action.kind) {
    case "role":
      return (
        <FormDialog<{ role: Role }>
          title={`${say("accounts.changeRole")}: ${user}`}
          submit={say("common.save")}
          done={say("common.saved")}
          initial={{ role: action.account.role }}
          onSubmit={change}
          onClose={onClose}
        >
          <RoleField />
        </FormDialog>
      );
    case "password":
      return (
        <FormDialog<{ password: string }>
          title={`${say("accounts.password")}: ${user}`}
          submit={say("common.save")}
          done={say("common.saved")}
          initial={{}}
          rules={{ password: "password" }}
          onSubmit={change}
          onClose={onClose}
        >
          {(form) => (
            <>
              <p className="page-text">{say("accounts.password.text", { user })}</p>
              <PasswordField name="password" label={say("common.newPassword")} focus form={form} />
            </>
          )}
        </FormDialog>
      );
    default: {
      const disable = action.kind === "disable";
      return (
        <Confirm
          title={disable ? say("accounts.disable.title") : `${say("dockerUsers.enable")}: ${user}`}
          text={disable ? say("accounts.disable.text", { user }) : user}
          button={say(disable ? "dockerUsers.disable" : "dockerUsers.enable")}
          danger={disable}
          onConfirm={() => change({ disabled: disable })}
          onClose={onClose}
        />
      );
    }
  }
}

function CreateDialog({
  refresh,
  onClose,
}: {
  refresh: () => Promise<unknown>;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ username: string; password: string; role: Role }>
      title={say("accounts.create")}
      submit={say("common.create")}
      initial={{ role: "member" }}
      rules={{ username: "username", password: "password" }}
      onSubmit={async (values) => {
        await api.POST("/api/v1/accounts", { body: values });
        await refresh();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextField name="username" label={say("signIn.username")} rule="username" focus />
          <PasswordField name="password" label={say("common.password")} form={form} />
          <RoleField />
        </>
      )}
    </FormDialog>
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
