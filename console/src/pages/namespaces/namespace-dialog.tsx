import { useQueryClient } from "@tanstack/react-query";
import { Alert, Form } from "antd";
import type { ReactNode } from "react";
import { api, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { ChoiceField, Confirm, FormDialog, TextField } from "../../parts/dialogs/form-dialog";
import { bytes, count } from "../../parts/text/format";
import type { NamespaceAction } from "./namespaces-page";

type Visibility = Model<"NamespaceOut">["visibility"];

interface Props {
  action: NamespaceAction;
  onClose: () => void;
  onMade?: (name: string) => void;
  onDeleted?: () => void;
}

export default function NamespaceDialog({ action, onClose, onMade, onDeleted }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["namespaces"] });
  if (action.kind === "create") {
    return (
      <FormDialog<{ name: string; visibility: Visibility; description: string }>
        title={say("namespaces.create")}
        submit={say("common.create")}
        initial={{ visibility: "private", description: "" }}
        rules={{ name: "namespace", description: "description" }}
        onSubmit={async (values) => {
          await api.POST("/api/v1/namespaces", { body: values });
          await refresh();
          onMade?.(values.name);
        }}
        onClose={onClose}
      >
        <TextField name="name" label={say("common.name")} rule="namespace" focus />
        <VisibilityField />
        <TextField
          name="description"
          label={`${say("common.description")} (${say("common.optional")})`}
          rule="description"
          optional
        />
      </FormDialog>
    );
  }
  const { namespace } = action;
  if (action.kind === "change") {
    return <ChangeDialog namespace={namespace} refresh={refresh} onClose={onClose} />;
  }
  return (
    <DeleteDialog namespace={namespace} refresh={refresh} onClose={onClose} onDeleted={onDeleted} />
  );
}

interface DialogProps {
  namespace: Model<"NamespaceOut">;
  refresh: () => Promise<unknown>;
  onClose: () => void;
  onDeleted?: (() => void) | undefined;
}

function ChangeDialog({ namespace, refresh, onClose }: DialogProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<{ visibility: Visibility; description: string }>
      title={`${say("namespaces.change")} ${namespace.name}`}
      submit={say("common.save")}
      done={say("common.saved")}
      initial={{ visibility: namespace.visibility, description: namespace.description }}
      rules={{ description: "description" }}
      onSubmit={async (values) => {
        await api.PATCH("/api/v1/namespaces/{namespace}", {
          params: { path: { namespace: namespace.name } },
          body: values,
        });
        await refresh();
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
                title={say("namespaces.toPublic")}
              />
            )
          }
        </Form.Item>
      )}
      <TextField
        name="description"
        label={`${say("common.description")} (${say("common.optional")})`}
        rule="description"
        optional
      />
    </FormDialog>
  );
}

function DeleteDialog({ namespace, refresh, onClose, onDeleted }: DialogProps): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const filled = namespace.repository_count > 0;
  return (
    <Confirm
      title={say("namespaces.delete")}
      text={say("namespaces.delete.text")}
      button={say("common.delete")}
      done={say("common.deleted")}
      typed={namespace.name}
      onConfirm={async () => {
        const query = filled ? { cascade: true } : {};
        await api.DELETE("/api/v1/namespaces/{namespace}", {
          params: { path: { namespace: namespace.name }, query: query as never },
        });
        onDeleted?.();
        await Promise.all([refresh(), queries.invalidateQueries({ queryKey: ["repositories"] })]);
      }}
      onClose={onClose}
    >
      {filled && (
        <Alert
          className="form-error"
          type="warning"
          showIcon
          title={say("namespaces.delete.cascade", {
            count: count(namespace.repository_count, locale),
            size: bytes(namespace.size_bytes, locale),
          })}
        />
      )}
    </Confirm>
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
