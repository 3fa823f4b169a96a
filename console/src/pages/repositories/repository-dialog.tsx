import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Form, Select } from "antd";
import type { ReactNode } from "react";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Confirm, FormDialog, TextField } from "../../parts/dialogs/form-dialog";
import { bytes, count } from "../../parts/text/format";
import type { RepositoryAction } from "./repositories-page";

interface Props {
  action: RepositoryAction;
  namespace: string | undefined;
  onClose: () => void;
  onDeleted?: () => void;
}

export default function RepositoryDialog({
  action,
  namespace,
  onClose,
  onDeleted,
}: Props): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["repositories"] }),
      queries.invalidateQueries({ queryKey: ["repository"] }),
    ]);
  if (action.kind === "create") {
    return <CreateDialog namespace={namespace} onClose={onClose} />;
  }
  const { repository } = action;
  const path = { namespace: repository.namespace, repository: repository.name };
  if (action.kind === "change") {
    return (
      <FormDialog<{ description: string }>
        title={say("repositories.change")}
        submit={say("common.save")}
        done={say("common.saved")}
        initial={{ description: repository.description }}
        rules={{ description: "description" }}
        onSubmit={async ({ description }) => {
          await api.PATCH("/api/v1/repositories/{namespace}/{repository}", {
            params: { path },
            body: { description },
          });
          await refresh();
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
  const name = `${repository.namespace}/${repository.name}`;
  return (
    <Confirm
      title={say("repositories.delete")}
      text={say("repositories.delete.text")}
      button={say("common.delete")}
      done={say("repositories.deletionBegun", { name })}
      typed={name}
      onConfirm={async () => {
        await api.DELETE("/api/v1/repositories/{namespace}/{repository}", { params: { path } });
        onDeleted?.(); // first away from its page, which would ask for what is gone
        await queries.invalidateQueries({ queryKey: ["repositories"] });
      }}
      onClose={onClose}
    >
      <p>
        <strong>{name}</strong>:{" "}
        {say("repositories.delete.counts", {
          tags: count(repository.tag_count, locale),
          size: bytes(repository.size_bytes, locale),
        })}
      </p>
    </Confirm>
  );
}

function CreateDialog({
  namespace,
  onClose,
}: {
  namespace: string | undefined;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const names = useQuery({
    queryKey: ["namespaces", "names", typed],
    queryFn: () =>
      body(
        api.GET("/api/v1/namespaces", {
          params: { query: { limit: 200, q: typed || undefined } as never },
        }),
      ),
    placeholderData: (before) => before,
  });
  const options = names.data?.items.map(({ name }) => ({ value: name, label: name })) ?? [];
  return (
    <FormDialog<{ namespace: string; name: string; description: string }>
      title={say("repositories.create")}
      submit={say("common.create")}
      initial={{ ...(namespace ? { namespace } : {}), description: "" }}
      rules={{ namespace: "namespace", name: "repository", description: "description" }}
      onSubmit={async (values) => {
        const made = await body(api.POST("/api/v1/repositories", { body: values }));
        await queries.invalidateQueries({ queryKey: ["repositories"] });
        navigate(`/repositories/${made.namespace}/${made.name}`);
      }}
      onClose={onClose}
    >
      <p className="page-text">{say("repositories.create.text")}</p>
      <Form.Item
        name="namespace"
        label={say("repositories.namespace")}
        rules={[{ required: true, message: say("rule.required") }]}
      >
        <Select
          options={options}
          showSearch={{ filterOption: false, onSearch: setTyped }}
          autoFocus={!namespace}
        />
      </Form.Item>
      <TextField
        name="name"
        label={say("common.name")}
        rule="repository"
        focus={Boolean(namespace)}
      />
      <TextField
        name="description"
        label={`${say("common.description")} (${say("common.optional")})`}
        rule="description"
        optional
      />
    </FormDialog>
  );
}
