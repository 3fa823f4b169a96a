import { Form, Radio } from "antd";
import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { useIsAdmin } from "../../parts/access/admin";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { NAMES_LIMIT } from "../../parts/filters/name-filter";
import { TextField } from "../../parts/forms/fields";
import { NameField } from "../../parts/forms/name-field";
import type { Permission } from "./grant";
import { PermissionField } from "./permission-field";

interface Props {
  namespace: string;
  owner: string;
  refresh: () => Promise<unknown>;
  onClose: () => void;
}

interface Values {
  /** Whether the Docker user belongs to the owner of the namespace or to another account. */
  whose: "own" | "other";
  docker_user: string;
  other_user: string;
  account: string;
  permission: Permission;
}

/** The dialog that grants a permission to a Docker user of any account. */
export function AddGrantDialog({ namespace, owner, refresh, onClose }: Props): ReactNode {
  const { say } = useWords();
  return (
    <FormDialog<Values>
      title={say("grants.add")}
      submitText={say("grants.add")}
      initial={{ whose: "own", permission: "pull" }}
      rules={{ account: "username" }}
      onSubmit={async ({ whose, permission, ...values }) => {
        const [docker_user, account] =
          whose === "own" ? [values.docker_user, owner] : [values.other_user, values.account];
        await api.PUT("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
          params: { path: { namespace, docker_user } },
          body: { permission, account },
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
            <OwnDockerUserField owner={owner} />
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

function OwnDockerUserField({ owner }: { owner: string }): ReactNode {
  const { say } = useWords();
  const isAdmin = useIsAdmin();
  return (
    <NameField
      name="docker_user"
      label={say("grants.dockerUser")}
      placeholder={say("grants.pick")}
      focus
      queryKey={["docker-users", "names", owner]}
      fetchNames={async (text) => {
        const query = { limit: NAMES_LIMIT, q: text, account: isAdmin ? owner : null };
        const { items } = await body(api.GET("/api/v1/docker-users", { params: { query } }));
        return items.filter(({ account }) => account === owner).map(({ username }) => username);
      }}
    />
  );
}
