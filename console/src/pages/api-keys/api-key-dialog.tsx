import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { curlWith } from "../../parts/text/commands";
import { ChoiceField, Confirm, FormDialog, TextField } from "../../parts/dialogs/form-dialog";
import { SecretDialog } from "../../parts/credentials/secret-dialog";
import { endAfter, ValidityField } from "../../parts/credentials/validity-field";

type ApiKey = Model<"ApiKeyOut">;
export type ApiKeyAction = { kind: "create" } | { kind: "revoke"; apiKey: ApiKey };

export default function ApiKeyDialog({
  action,
  onClose,
}: {
  action: ApiKeyAction;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["api-keys"] });
  if (action.kind === "revoke") {
    const { id, name } = action.apiKey;
    return (
      <Confirm
        title={say("apiKeys.revoke")}
        text={say("apiKeys.revoke.text", { name })}
        button={say("tokens.revoke")}
        done={say("tokens.revoked")}
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
      { what: say("apiKeys.use"), line: curlWith(window.location.origin, secret) },
    ];
    return <SecretDialog title={say("apiKeys.made")} lines={lines} onClose={onClose} />;
  }
  return (
    <CreateApiKey
      onMade={(made) => {
        setSecret(made);
        void refresh();
      }}
      onClose={onClose}
    />
  );
}

function CreateApiKey({
  onMade,
  onClose,
}: {
  onMade: (secret: string) => void;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ name: string; permission: ApiKey["permission"]; days: number }>
      title={say("apiKeys.create")}
      submit={say("common.create")}
      initial={{ permission: "read", days: 90 }}
      rules={{ name: "tokenName" }}
      onSubmit={async ({ name, permission, days }) => {
        const made = await body(
          api.POST("/api/v1/api-keys", { body: { name, permission, expires_at: endAfter(days) } }),
        );
        onMade(made.secret);
      }}
      onClose={onClose}
      onDone={() => undefined}
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
