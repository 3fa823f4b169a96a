import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { ChoiceField } from "../../parts/forms/fields";

/** The field `permission` of a grant or an access token. Each choice includes the one before. */
export function PermissionField({ label }: { label?: string }): ReactNode {
  const { say } = useWords();
  return (
    <ChoiceField
      name="permission"
      label={label ?? say("permission.label")}
      choices={[
        { value: "pull", label: "permission.pull", text: "permission.pull.text" },
        { value: "push", label: "permission.push", text: "permission.push.text" },
        { value: "delete", label: "permission.delete", text: "permission.delete.text" },
      ]}
    />
  );
}
