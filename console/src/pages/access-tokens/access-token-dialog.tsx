import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { dockerSecretLines } from "../../parts/dialogs/docker-secret";
import { SecretDialog } from "../../parts/dialogs/secret-dialog";
import { expiryAfter, ValidityField } from "../../parts/forms/validity-field";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { TextField } from "../../parts/forms/fields";
import { PermissionField } from "../grants/permission-field";
import type { AccessToken, AccessTokenAction } from "./access-token";

interface Props {
  username: string;
  action: AccessTokenAction;
  onClose: () => void;
}

/** The dialog of an access token action. After it creates a token, it shows the secret once. */
export default function AccessTokenDialog({ username, action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  if (action.kind === "revoke") {
    const { id, name } = action.token;
    return (
      <ConfirmDialog
        title={say("tokens.revoke.title")}
        text={say("tokens.revoke.text", { name })}
        confirmText={say("tokens.revoke")}
        successText={say("tokens.revoked")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/docker-users/{username}/tokens/{id}", {
            params: { path: { username, id } },
          });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  if (secret !== null) {
    const lines = dockerSecretLines(say("tokens.secret"), username, secret, say);
    return <SecretDialog title={say("tokens.created")} lines={lines} onClose={onClose} />;
  }
  return (
    <CreateDialog
      username={username}
      onCreated={(newSecret) => {
        setSecret(newSecret);
        void refresh();
      }}
      onClose={onClose}
    />
  );
}

interface CreateDialogProps {
  username: string;
  onCreated: (secret: string) => void;
  onClose: () => void;
}

function CreateDialog({ username, onCreated, onClose }: CreateDialogProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ name: string; permission: AccessToken["permission"]; days: number }>
      title={say("tokens.create")}
      submitText={say("common.create")}
      initial={{ permission: "pull", days: 90 }}
      rules={{ name: "tokenName" }}
      onSubmit={async ({ name, permission, days }) => {
        const token = await body(
          api.POST("/api/v1/docker-users/{username}/tokens", {
            params: { path: { username } },
            body: { name, permission, expires_at: expiryAfter(days) },
          }),
        );
        onCreated(token.secret);
      }}
      onClose={onClose}
      onSuccess={() => undefined} // the secret replaces the form
    >
      <TextField name="name" label={say("tokens.name")} rule="tokenName" focus placeholder="ci" />
      <PermissionField label={say("tokens.maximum")} />
      <p className="page-text">{say("tokens.maximum.text")}</p>
      <ValidityField />
    </FormDialog>
  );
}
