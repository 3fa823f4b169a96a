import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { AddGrantDialog } from "./add-grant-dialog";
import type { GrantAction, Permission } from "./grant";
import { PermissionField } from "./permission-field";

interface Props {
  namespace: string;
  /** The account that owns the namespace. */
  owner: string;
  action: GrantAction;
  onClose: () => void;
}

/** The dialog of a grant action. */
export default function GrantDialog({ namespace, owner, action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["grants"] });
  if (action.kind === "add") {
    return (
      <AddGrantDialog namespace={namespace} owner={owner} refresh={refresh} onClose={onClose} />
    );
  }
  const { docker_user, account, permission } = action.grant;
  const path = { namespace, docker_user };
  if (action.kind === "remove") {
    return (
      <ConfirmDialog
        title={say("grants.remove")}
        text={say("grants.remove.text", { user: docker_user })}
        confirmText={say("common.remove")}
        successText={say("common.removed")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
            params: { path },
          });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog<{ permission: Permission }>
      title={`${say("grants.change")}: ${docker_user}`}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{ permission }}
      onSubmit={async (values) => {
        await api.PUT("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
          params: { path },
          body: { permission: values.permission, account },
        });
        await refresh();
      }}
      onClose={onClose}
    >
      <PermissionField />
    </FormDialog>
  );
}
