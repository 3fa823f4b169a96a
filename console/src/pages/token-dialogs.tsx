import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Modal, Select } from "antd";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../api/client";
import { useWords } from "../i18n";
import { dockerLoginWith, kubernetesSecret, registryHost } from "../parts/commands";
import { Command } from "../parts/copy";
import { Confirm, FormDialog, TextField } from "../parts/dialog";
import { PermissionField } from "./grant-dialogs";
import type { TokenAction } from "./tokens";

const DAY_MILLISECONDS = 86_400_000;

interface Props {
  username: string;
  action: TokenAction;
  onClose: () => void;
}

export default function TokenDialog({ username, action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  if (action.kind === "revoke") {
    const { token } = action;
    return (
      <Confirm
        title={say("tokens.revoke.title")}
        text={say("tokens.revoke.text", { name: token.name })}
        button={say("tokens.revoke")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/docker-users/{username}/tokens/{id}", { params: { path: { username, id: token.id } } });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  if (secret !== null) {
    return <NewSecret username={username} secret={secret} onClose={onClose} />;
  }
  return (
    <CreateToken
      username={username}
      onMade={(made) => {
        setSecret(made);
        void refresh();
      }}
      onClose={onClose}
    />
  );
}

interface CreateProps {
  username: string;
  onMade: (secret: string) => void;
  onClose: () => void;
}

function CreateToken({ username, onMade, onClose }: CreateProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ name: string; permission: Model<"TokenOut">["permission"]; days: number }>
      title={say("tokens.create")}
      submit={say("common.create")}
      initial={{ permission: "pull", days: 90 }}
      rules={{ name: "tokenName" }}
      onSubmit={async ({ name, permission, days }) => {
        const expires = days === 0 ? null : new Date(Date.now() + days * DAY_MILLISECONDS).toISOString();
        const token = await body(
          api.POST("/api/v1/docker-users/{username}/tokens", {
            params: { path: { username } },
            body: { name, permission, expires_at: expires },
          }),
        );
        onMade(token.secret);
      }}
      onClose={onClose}
      onDone={() => undefined}
    >
      <TextField name="name" label={say("tokens.name")} rule="tokenName" focus placeholder="ci" />
      <PermissionField label={say("tokens.limit")} />
      <p className="page-text">{say("tokens.limit.text")}</p>
      <Form.Item name="days" label={say("tokens.validity")}>
        <Select
          options={[
            ...[7, 30, 90, 365].map((days) => ({ value: days, label: say("tokens.days", { count: days }) })),
            { value: 0, label: say("tokens.forever") },
          ]}
        />
      </Form.Item>
    </FormDialog>
  );
}

/** The only time that the secret is shown; the dialog closes by its button alone. */
function NewSecret({ username, secret, onClose }: { username: string; secret: string; onClose: () => void }): ReactNode {
  const { say } = useWords();
  const host = registryHost();
  return (
    <Modal
      open
      title={say("tokens.made")}
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
      <Command what={say("tokens.secret")} line={secret} />
      <Command what={say("tokens.login")} line={dockerLoginWith(host, username, secret)} />
      <Command what={say("tokens.kubernetes")} line={kubernetesSecret(host, username, secret)} />
    </Modal>
  );
}
