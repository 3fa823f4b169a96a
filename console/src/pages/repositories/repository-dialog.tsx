import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { useForce } from "../../parts/dialogs/force";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { NAMES_LIMIT } from "../../parts/filters/name-filter";
import { DescriptionField, TextField } from "../../parts/forms/fields";
import { NameField } from "../../parts/forms/name-field";
import { formatBytes, formatCount } from "../../parts/text/format";
import type { Repository, RepositoryAction } from "./repository";

interface Props {
  action: RepositoryAction;
  /** The namespace that the form for a new repository suggests. */
  namespace: string | undefined;
  onClose: () => void;
  onDeleted?: () => void;
}

/** The dialog of a repository action. */
export default function RepositoryDialog({
  action,
  namespace,
  onClose,
  onDeleted,
}: Props): ReactNode {
  switch (action.kind) {
    case "create":
      return <CreateDialog namespace={namespace} onClose={onClose} />;
    case "change":
      return <ChangeDialog repository={action.repository} onClose={onClose} />;
    case "delete":
      return (
        <DeleteDialog repository={action.repository} onClose={onClose} onDeleted={onDeleted} />
      );
  }
}

interface ChangeDialogProps {
  repository: Repository;
  onClose: () => void;
}

function ChangeDialog({ repository, onClose }: ChangeDialogProps): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  return (
    <FormDialog<{ description: string }>
      title={say("repositories.change")}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{ description: repository.description }}
      rules={{ description: "description" }}
      onSubmit={async (values) => {
        await api.PATCH("/api/v1/repositories/{namespace}/{repository}", {
          params: { path: { namespace: repository.namespace, repository: repository.name } },
          body: values,
        });
        await Promise.all([
          queries.invalidateQueries({ queryKey: ["repositories"] }),
          queries.invalidateQueries({ queryKey: ["repository"] }),
        ]);
      }}
      onClose={onClose}
    >
      <TextField
        name="description"
        label={say("common.description")}
        rule="description"
        optional
        focus
      />
    </FormDialog>
  );
}

interface DeleteDialogProps {
  repository: Repository;
  onClose: () => void;
  onDeleted: (() => void) | undefined;
}

function DeleteDialog({ repository, onClose, onDeleted }: DeleteDialogProps): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const name = `${repository.namespace}/${repository.name}`;
  const force = useForce();
  return (
    <ConfirmDialog
      title={say("repositories.delete")}
      text={say("repositories.delete.text")}
      confirmText={say("common.delete")}
      successText={say("repositories.deletionStarted", { name })}
      requiredName={name}
      disabled={force.needed}
      onConfirm={async () => {
        const path = { namespace: repository.namespace, repository: repository.name };
        const isDeleted = await force.confirm((force) =>
          api.DELETE("/api/v1/repositories/{namespace}/{repository}", {
            params: { path, query: force ? { force } : {} },
          }),
        );
        if (!isDeleted) {
          return false;
        }
        // The repository's page must close first. Otherwise it requests the deleted repository.
        onDeleted?.();
        return queries.invalidateQueries({ queryKey: ["repositories"] });
      }}
      onClose={onClose}
    >
      {force.question}
      <p>
        <strong>{name}</strong>:{" "}
        {say("repositories.delete.counts", {
          tags: formatCount(repository.tag_count, locale),
          size: formatBytes(repository.size_bytes, locale),
        })}
      </p>
    </ConfirmDialog>
  );
}

interface CreateDialogProps {
  namespace: string | undefined;
  onClose: () => void;
}

function CreateDialog({ namespace, onClose }: CreateDialogProps): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return (
    <FormDialog<{ namespace: string; name: string; description: string }>
      title={say("repositories.create")}
      submitText={say("common.create")}
      initial={{ ...(namespace ? { namespace } : {}), description: "" }}
      rules={{ namespace: "namespace", name: "repository", description: "description" }}
      onSubmit={async (values) => {
        const repository = await body(api.POST("/api/v1/repositories", { body: values }));
        await queries.invalidateQueries({ queryKey: ["repositories"] });
        navigate(`/repositories/${repository.namespace}/${repository.name}`);
      }}
      onClose={onClose}
    >
      <p className="page-text">{say("repositories.create.text")}</p>
      <NameField
        name="namespace"
        label={say("repositories.namespace")}
        focus={!namespace}
        queryKey={["namespaces", "names"]}
        fetchNames={async (text) => {
          const query = { limit: NAMES_LIMIT, q: text };
          const { items } = await body(api.GET("/api/v1/namespaces", { params: { query } }));
          return items.map(({ name }) => name);
        }}
      />
      <TextField
        name="name"
        label={say("common.name")}
        rule="repository"
        focus={Boolean(namespace)}
      />
      <DescriptionField />
    </FormDialog>
  );
}
