import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Form, Radio, Select } from "antd";
import { type ReactNode, useState } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { useAdmin } from "../../parts/access/admin";
import { ChoiceField, Confirm, FormDialog, TextField } from "../../parts/dialogs/form-dialog";
import type { GrantAction } from "./grants-card";

type Permission = Model<"GrantOut">["permission"];

interface Props {
  namespace: string;
  owner: string;
  action: GrantAction;
  onClose: () => void;
}

export default function GrantDialog({ namespace, owner, action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["grants"] });
  if (action.kind === "add") {
    return <AddGrant namespace={namespace} owner={owner} refresh={refresh} onClose={onClose} />;
  }
  const { grant } = action;
  const path = { namespace, docker_user: grant.docker_user };
  if (action.kind === "remove") {
    return (
      <Confirm
        title={say("grants.remove")}
        text={say("grants.remove.text", { user: grant.docker_user })}
        button={say("common.remove")}
        done={say("common.removed")}
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
      title={`${say("grants.change")}: ${grant.docker_user}`}
      submit={say("common.save")}
      done={say("common.saved")}
      initial={{ permission: grant.permission }}
      onSubmit={async ({ permission }) => {
        await api.PUT("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
          params: { path },
          body: { permission, account: grant.account },
        });
        await refresh();
      }}
      onClose={onClose}
    >
      <PermissionField />
    </FormDialog>
  );
}

interface AddProps {
  namespace: string;
  owner: string;
  refresh: () => Promise<unknown>;
  onClose: () => void;
}

interface Added {
  whose: "own" | "other";
  docker_user: string;
  other_user: string;
  account: string;
  permission: Permission;
}

function AddGrant({ namespace, owner, refresh, onClose }: AddProps): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<Added>
      title={say("grants.add")}
      submit={say("grants.add")}
      initial={{ whose: "own", permission: "pull" }}
      rules={{ account: "username" }}
      onSubmit={async (values) => {
        const own = values.whose === "own";
        await api.PUT("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
          params: {
            path: { namespace, docker_user: own ? values.docker_user : values.other_user },
          },
          body: { permission: values.permission, account: own ? owner : values.account },
        });
        await refresh();
      }}
      onClose={onClose}
    >
      <Form.Item name="whose" label={say("grants.whose")}>
        <Radio.Group
          aria-label={say("grants.whose")}
          options={[
            { value: "own", label: say("grants.whose.own") },
            { value: "other", label: say("grants.whose.other") },
          ]}
        />
      </Form.Item>
      <Form.Item noStyle dependencies={["whose"]}>
        {({ getFieldValue }) =>
          getFieldValue("whose") === "own" ? (
            <OwnUserField owner={owner} />
          ) : (
            <>
              <TextField
                name="account"
                label={say("grants.otherAccount")}
                rule="username"
                help={say("grants.otherAccount.text")}
              />
              <TextField name="other_user" label={say("grants.dockerUser")} rule="username" />
            </>
          )
        }
      </Form.Item>
      <PermissionField />
    </FormDialog>
  );
}

function OwnUserField({ owner }: { owner: string }): ReactNode {
  const { say } = useWords();
  const [typed, setTyped] = useState("");
  const admin = useAdmin();
  const users = useQuery({
    queryKey: ["docker-users", "names", owner, typed],
    queryFn: () =>
      body(
        api.GET("/api/v1/docker-users", {
          params: {
            query: {
              limit: 200,
              q: typed || undefined,
              account: admin ? owner : undefined,
            } as never,
          },
        }),
      ),
    placeholderData: (before) => before,
  });
  const options =
    users.data?.items
      .filter(({ account }) => account === owner)
      .map(({ username }) => ({ value: username, label: username })) ?? [];
  return (
    <Form.Item
      name="docker_user"
      label={say("grants.dockerUser")}
      rules={[{ required: true, message: say("rule.required") }]}
    >
      <Select
        options={options}
        placeholder={say("grants.pick")}
        showSearch={{ filterOption: false, onSearch: setTyped }}
        autoFocus
      />
    </Form.Item>
  );
}

export function PermissionField({ label }: { label?: string }): ReactNode {
  const { say } = useWords();
  return (
    <ChoiceField
      name="permission"
      label={label ?? say("permission.label")}
      choices={[
        { value: "pull", label: "permission.pull", text: "permission.pull.text" },
        { value: "push", label: "permission.push", text: "permission.push.text" },
      ]}
    />
  );
}
