import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { dockerLoginWith, kubernetesSecret, registryHost } from "../../parts/text/commands";
import { Confirm, FormDialog, TextField } from "../../parts/dialogs/form-dialog";
import { SecretDialog } from "../../parts/credentials/secret-dialog";
import { PermissionField } from "../grants/grant-dialog";
import type { TokenAction } from "./access-tokens-card";
import { endAfter, ValidityField } from "../../parts/credentials/validity-field";

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
        done={say("tokens.revoked")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/docker-users/{username}/tokens/{id}", {
            params: { path: { username, id: token.id } },
          });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  if (secret !== null) {
    const host = registryHost();
    const lines = [
      { what: say("tokens.secret"), line: secret },
      { what: say("tokens.login"), line: dockerLoginWith(host, username, secret) },
      { what: say("tokens.kubernetes"), line: kubernetesSecret(host, username, secret) },
    ];
    return <SecretDialog title={say("tokens.made")} lines={lines} onClose={onClose} />;
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
        const token = await body(
          api.POST("/api/v1/docker-users/{username}/tokens", {
            params: { path: { username } },
            body: { name, permission, expires_at: endAfter(days) },
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
      <ValidityField />
    </FormDialog>
  );
}
