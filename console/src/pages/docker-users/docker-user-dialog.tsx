import { useQueryClient } from "@tanstack/react-query";
import { Form, Switch } from "antd";
import type { ReactNode } from "react";
import { api, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Confirm, FormDialog, PasswordField, TextField } from "../../parts/dialogs/form-dialog";

type DockerUser = Model<"DockerUserOut">;
export type DockerUserAction =
  | { kind: "create" }
  | { kind: "change" | "password" | "disable" | "enable" | "delete"; user: DockerUser };

interface Props {
  action: DockerUserAction;
  onClose: () => void;
  onMade?: (username: string) => void;
  onDeleted?: () => void;
}

export default function DockerUserDialog(props: Props): ReactNode {
  const { action, onClose } = props;
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["docker-users"] });
  if (action.kind === "create") {
    return <CreateDialog refresh={refresh} onClose={onClose} onMade={props.onMade} />;
  }
  const { user } = action;
  const path = { username: user.username };
  switch (action.kind) {
    case "change":
      return <ChangeDialog user={user} refresh={refresh} onClose={onClose} />;
    case "password":
      return (
        <FormDialog<{ password: string }>
          title={`${say("dockerUsers.changePassword")}: ${user.username}`}
          submit={say("common.save")}
          done={say("common.saved")}
          initial={{}}
          rules={{ password: "password" }}
          onSubmit={({ password }) =>
            api.PUT("/api/v1/docker-users/{username}/password", {
              params: { path },
              body: { password },
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
        </FormDialog>
      );
    case "delete":
      return (
        <Confirm
          title={say("dockerUsers.delete")}
          text={say("dockerUsers.delete.text", { user: user.username })}
          button={say("common.delete")}
          done={say("common.deleted")}
          onConfirm={async () => {
            await api.DELETE("/api/v1/docker-users/{username}", { params: { path } });
            props.onDeleted?.();
            await refresh();
          }}
          onClose={onClose}
        />
      );
    default:
      return (
        <Confirm
          title={say("dockerUsers.disable.title")}
          text={say("dockerUsers.disable.text", { user: user.username })}
          button={say("dockerUsers.disable")}
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

interface CreateProps {
  refresh: () => Promise<unknown>;
  onClose: () => void;
  onMade: ((username: string) => void) | undefined;
}

function CreateDialog({ refresh, onClose, onMade }: CreateProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ username: string; password: string; description: string; token_login: boolean }>
      title={say("dockerUsers.create")}
      submit={say("common.create")}
      initial={{ description: "", token_login: false }}
      rules={{ username: "username", password: "password", description: "description" }}
      onSubmit={async (values) => {
        await api.POST("/api/v1/docker-users", { body: values });
        await refresh();
        onMade?.(values.username);
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextField name="username" label={say("dockerUsers.username")} rule="username" focus />
          <PasswordField name="password" label={say("common.password")} form={form} />
          <TextField
            name="description"
            label={`${say("common.description")} (${say("common.optional")})`}
            rule="description"
            optional
          />
          <TokenLoginField />
        </>
      )}
    </FormDialog>
  );
}

function ChangeDialog({
  user,
  refresh,
  onClose,
}: {
  user: DockerUser;
  refresh: () => Promise<unknown>;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ description: string; token_login: boolean }>
      title={`${say("dockerUsers.change.title")}: ${user.username}`}
      submit={say("common.save")}
      done={say("common.saved")}
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
      <TextField
        name="description"
        label={`${say("common.description")} (${say("common.optional")})`}
        rule="description"
        optional
        focus
      />
      <TokenLoginField />
    </FormDialog>
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
