import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { deleteRules } from "./rules";

interface Props {
  namespace: string;
  repository: string;
  onClose: () => void;
}

/** The dialog that deletes the own rules of a repository. */
export default function OwnRulesDialog({ namespace, repository, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title={say("rules.useNamespace")}
      text={say("rules.useNamespace.text", { namespace })}
      confirmText={say("rules.useNamespace")}
      successText={say("common.saved")}
      onConfirm={async () => {
        await deleteRules(namespace, repository);
        await Promise.all([
          queries.invalidateQueries({ queryKey: ["rules", namespace] }),
          queries.invalidateQueries({ queryKey: ["repository", namespace, repository, "tags"] }),
        ]);
      }}
      onClose={onClose}
    />
  );
}
