import { useQueryClient } from "@tanstack/react-query";
import { Form, Select } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import type { Permission } from "../grants/grant";
import { PermissionField } from "../grants/permission-field";

interface Props {
  namespaces: string[];
  users: string[];
  onClose: () => void;
}

interface Values {
  namespace: string;
  docker_user: string;
  permission: Permission;
}

/** The dialog that grants one of the account's Docker users a permission in its own namespace. */
export default function FirstGrantDialog({ namespaces, users, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const options = (names: string[]) => names.map((name) => ({ value: name, label: name }));
  return (
    <FormDialog<Values>
      title={say("grants.add")}
      submitText={say("grants.add")}
      initial={{ namespace: namespaces[0] ?? "", docker_user: users[0] ?? "", permission: "push" }}
      onSubmit={async ({ namespace, docker_user, permission }) => {
        await api.PUT("/api/v1/namespaces/{namespace}/grants/{docker_user}", {
          params: { path: { namespace, docker_user } },
          body: { permission },
        });
        await queries.invalidateQueries({ queryKey: ["grants"] });
      }}
      onClose={onClose}
    >
      <Form.Item name="namespace" label={say("namespaces.namespace")}>
        <Select options={options(namespaces)} />
      </Form.Item>
      <Form.Item name="docker_user" label={say("grants.dockerUser")}>
        <Select options={options(users)} />
      </Form.Item>
      <PermissionField />
    </FormDialog>
  );
}
