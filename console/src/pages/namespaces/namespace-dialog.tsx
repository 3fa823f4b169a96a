import { useQueryClient } from "@tanstack/react-query";
import { Alert, Form } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { useForce } from "../../parts/dialogs/force";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { ChoiceField, DescriptionField, TextField } from "../../parts/forms/fields";
import { formatBytes, formatCount } from "../../parts/text/format";
import type { Namespace, NamespaceAction, Visibility } from "./namespace";

interface Props {
  action: NamespaceAction;
  onClose: () => void;
  onDeleted?: () => void;
}

/** The dialog of a namespace action. */
export default function NamespaceDialog({ action, onClose, onDeleted }: Props): ReactNode {
  switch (action.kind) {
    case "create":
      return <CreateDialog onClose={onClose} />;
    case "change":
      return <ChangeDialog namespace={action.namespace} onClose={onClose} />;
    case "delete":
      return <DeleteDialog namespace={action.namespace} onClose={onClose} onDeleted={onDeleted} />;
  }
}

function CreateDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  return (
    <FormDialog<{ name: string; visibility: Visibility; description: string }>
      title={say("namespaces.create")}
      submitText={say("common.create")}
      initial={{ visibility: "private", description: "" }}
      rules={{ name: "namespace", description: "description" }}
      onSubmit={async (values) => {
        await api.POST("/api/v1/namespaces", { body: values });
        await queries.invalidateQueries({ queryKey: ["namespaces"] });
      }}
      onClose={onClose}
    >
      <TextField name="name" label={say("common.name")} rule="namespace" focus />
      <VisibilityField />
      <DescriptionField />
    </FormDialog>
  );
}

interface ChangeDialogProps {
  namespace: Namespace;
  onClose: () => void;
}

function ChangeDialog({ namespace, onClose }: ChangeDialogProps): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  return (
    <FormDialog<{ visibility: Visibility; description: string }>
      title={`${say("namespaces.change")} ${namespace.name}`}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{ visibility: namespace.visibility, description: namespace.description }}
      rules={{ description: "description" }}
      onSubmit={async (values) => {
        await api.PATCH("/api/v1/namespaces/{namespace}", {
          params: { path: { namespace: namespace.name } },
          body: values,
        });
        await queries.invalidateQueries({ queryKey: ["namespaces"] });
      }}
      onClose={onClose}
    >
      <VisibilityField />
      {namespace.visibility === "private" && (
        <Form.Item noStyle dependencies={["visibility"]}>
          {({ getFieldValue }) =>
            getFieldValue("visibility") === "public" && (
              <Alert
                className="form-error"
                type="warning"
                showIcon
                title={say("namespaces.makePublic.text")}
              />
            )
          }
        </Form.Item>
      )}
      <DescriptionField />
    </FormDialog>
  );
}

interface DeleteDialogProps {
  namespace: Namespace;
  onClose: () => void;
  onDeleted: (() => void) | undefined;
}

function DeleteDialog({ namespace, onClose, onDeleted }: DeleteDialogProps): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const force = useForce();
  const hasRepositories = namespace.repository_count > 0;
  return (
    <ConfirmDialog
      title={say("namespaces.delete")}
      text={say("namespaces.delete.text")}
      confirmText={say("common.delete")}
      successText={say("common.deleted")}
      requiredName={namespace.name}
      disabled={force.needed}
      onConfirm={async () => {
        const isDeleted = await force.confirm((force) =>
          api.DELETE("/api/v1/namespaces/{namespace}", {
            params: {
              path: { namespace: namespace.name },
              query: {
                ...(hasRepositories ? { cascade: true } : {}),
                ...(force ? { force } : {}),
              },
            },
          }),
        );
        if (!isDeleted) {
          return false;
        }
        onDeleted?.();
        return Promise.all([
          queries.invalidateQueries({ queryKey: ["namespaces"] }),
          queries.invalidateQueries({ queryKey: ["repositories"] }),
        ]);
      }}
      onClose={onClose}
    >
      {force.question}
      {hasRepositories && (
        <Alert
          className="form-error"
          type="warning"
          showIcon
          title={say("namespaces.delete.cascade", {
            count: formatCount(namespace.repository_count, locale),
            size: formatBytes(namespace.size_bytes, locale),
          })}
        />
      )}
    </ConfirmDialog>
  );
}

function VisibilityField(): ReactNode {
  const { say } = useWords();
  return (
    <ChoiceField
      name="visibility"
      label={say("visibility.label")}
      choices={[
        { value: "private", label: "visibility.private", text: "visibility.private.text" },
        { value: "public", label: "visibility.public", text: "visibility.public.text" },
      ]}
    />
  );
}
