import { useQueryClient } from "@tanstack/react-query";
import { Form, Switch } from "antd";
import { type ReactNode, useState } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { dockerSecretLines } from "../../parts/dialogs/docker-secret";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { PasswordDialog as SetPasswordDialog } from "../../parts/dialogs/password-dialog";
import { DescriptionField, PasswordField, TextField } from "../../parts/forms/fields";
import type { DockerUser, DockerUserAction } from "./docker-user";

interface Props {
  action: DockerUserAction;
  onClose: () => void;
  onCreated?: (username: string) => void;
  onDeleted?: () => void;
}

/** The dialog of a Docker user action. */
export default function DockerUserDialog({
  action,
  onClose,
  onCreated,
  onDeleted,
}: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["docker-users"] });
  if (action.kind === "create") {
    return <CreateDialog refresh={refresh} onClose={onClose} onCreated={onCreated} />;
  }
  const { user } = action;
  const path = { username: user.username };
  switch (action.kind) {
    case "change":
      return <ChangeDialog user={user} refresh={refresh} onClose={onClose} />;
    case "password":
      return <PasswordDialog user={user} onClose={onClose} />;
    case "delete":
      return (
        <ConfirmDialog
          title={say("dockerUsers.delete")}
          text={say("dockerUsers.delete.text", { user: user.username })}
          confirmText={say("common.delete")}
          successText={say("common.deleted")}
          onConfirm={async () => {
            await api.DELETE("/api/v1/docker-users/{username}", { params: { path } });
            onDeleted?.();
            await refresh();
          }}
          onClose={onClose}
        />
      );
    case "disable":
      return (
        <ConfirmDialog
          title={say("dockerUsers.disable.title")}
          text={say("dockerUsers.disable.text", { user: user.username })}
          confirmText={say("dockerUsers.disable")}
          onConfirm={async () => {
            await api.PATCH("/api/v1/docker-users/{username}", {
              params: { path },
              body: { disabled: true },
            });
            await refresh();
          }}
          onClose={onClose}
        />
      );
  }
}

interface CreateDialogProps {
  refresh: () => Promise<unknown>;
  onClose: () => void;
  onCreated: ((username: string) => void) | undefined;
}

function CreateDialog({ refresh, onClose, onCreated }: CreateDialogProps): ReactNode {
  const { say } = useWords();
  const [created, setCreated] = useState<string | null>(null);
  return (
    <SetPasswordDialog<{
      username: string;
      password: string;
      description: string;
      token_login: boolean;
    }>
      title={say("dockerUsers.create")}
      submitText={say("common.create")}
      initial={{ description: "", token_login: false }}
      rules={{ username: "username", password: "password", description: "description" }}
      onSubmit={async (values) => {
        await api.POST("/api/v1/docker-users", { body: values });
        setCreated(values.username);
        await refresh();
      }}
      secretTitle={say("dockerUsers.created")}
      lines={({ username, password }) =>
        dockerSecretLines(say("common.password"), username, password, say)
      }
      onClose={() => {
        onClose();
        if (created !== null) {
          onCreated?.(created);
        }
      }}
    >
      {(form) => (
        <>
          <TextField name="username" label={say("dockerUsers.username")} rule="username" focus />
          <PasswordField name="password" label={say("common.password")} form={form} />
          <DescriptionField />
          <TokenLoginField />
        </>
      )}
    </SetPasswordDialog>
  );
}

interface ChangeDialogProps {
  user: DockerUser;
  refresh: () => Promise<unknown>;
  onClose: () => void;
}

function ChangeDialog({ user, refresh, onClose }: ChangeDialogProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ description: string; token_login: boolean }>
      title={`${say("dockerUsers.change.title")}: ${user.username}`}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{ description: user.description, token_login: user.token_login }}
      rules={{ description: "description" }}
      onSubmit={async (values) => {
        await api.PATCH("/api/v1/docker-users/{username}", {
          params: { path: { username: user.username } },
          body: values,
        });
        await refresh();
      }}
      onClose={onClose}
    >
      <DescriptionField focus />
      <TokenLoginField />
    </FormDialog>
  );
}

interface PasswordDialogProps {
  user: DockerUser;
  onClose: () => void;
}

function PasswordDialog({ user, onClose }: PasswordDialogProps): ReactNode {
  const { say } = useWords();
  return (
    <SetPasswordDialog<{ password: string }>
      title={`${say("dockerUsers.changePassword")}: ${user.username}`}
      submitText={say("common.save")}
      secretTitle={say("dockerUsers.passwordChanged")}
      lines={({ password }) =>
        dockerSecretLines(say("common.newPassword"), user.username, password, say)
      }
      initial={{}}
      rules={{ password: "password" }}
      onSubmit={(values) =>
        api.PUT("/api/v1/docker-users/{username}/password", {
          params: { path: { username: user.username } },
          body: values,
        })
      }
      onClose={onClose}
    >
      {(form) => (
        <>
          <p className="page-text">{say("dockerUsers.changePassword.text")}</p>
          <PasswordField name="password" label={say("common.newPassword")} focus form={form} />
        </>
      )}
    </SetPasswordDialog>
  );
}

function TokenLoginField(): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item
      name="token_login"
      label={say("dockerUsers.tokenLogin")}
      extra={say("dockerUsers.tokenLogin.text")}
      valuePropName="checked"
    >
      <Switch />
    </Form.Item>
  );
}
