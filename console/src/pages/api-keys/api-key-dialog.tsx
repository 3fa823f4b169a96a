import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { SecretDialog } from "../../parts/dialogs/secret-dialog";
import { expiryAfter, ValidityField } from "../../parts/forms/validity-field";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { ChoiceField, TextField } from "../../parts/forms/fields";
import { curlWithApiKey } from "../../parts/text/commands";
import type { ApiKey, ApiKeyAction } from "./api-key";

interface Props {
  action: ApiKeyAction;
  onClose: () => void;
}

/** The dialog of an API key action. After it creates a key, it shows the secret once. */
export default function ApiKeyDialog({ action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["api-keys"] });
  if (action.kind === "revoke") {
    const { id, name } = action.apiKey;
    return (
      <ConfirmDialog
        title={say("apiKeys.revoke")}
        text={say("apiKeys.revoke.text", { name })}
        confirmText={say("tokens.revoke")}
        successText={say("tokens.revoked")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/api-keys/{id}", { params: { path: { id } } });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  if (secret !== null) {
    const lines = [
      { what: say("apiKeys.secret"), line: secret },
      { what: say("apiKeys.tryIt"), line: curlWithApiKey(window.location.origin, secret) },
    ];
    return <SecretDialog title={say("apiKeys.created")} lines={lines} onClose={onClose} />;
  }
  return (
    <CreateDialog
      onCreated={(newSecret) => {
        setSecret(newSecret);
        void refresh();
      }}
      onClose={onClose}
    />
  );
}

interface CreateDialogProps {
  onCreated: (secret: string) => void;
  onClose: () => void;
}

function CreateDialog({ onCreated, onClose }: CreateDialogProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ name: string; permission: ApiKey["permission"]; days: number }>
      title={say("apiKeys.create")}
      submitText={say("common.create")}
      initial={{ permission: "read", days: 90 }}
      rules={{ name: "tokenName" }}
      onSubmit={async ({ name, permission, days }) => {
        const apiKey = await body(
          api.POST("/api/v1/api-keys", {
            body: { name, permission, expires_at: expiryAfter(days) },
          }),
        );
        onCreated(apiKey.secret);
      }}
      onClose={onClose}
      onSuccess={() => undefined} // the secret replaces the form
    >
      <TextField
        name="name"
        label={say("common.name")}
        rule="tokenName"
        focus
        placeholder="terraform"
      />
      <ChoiceField
        name="permission"
        label={say("permission.label")}
        choices={[
          { value: "read", label: "apiKeys.read", text: "apiKeys.read.text" },
          { value: "write", label: "apiKeys.write", text: "apiKeys.write.text" },
        ]}
      />
      <ValidityField />
    </FormDialog>
  );
}
