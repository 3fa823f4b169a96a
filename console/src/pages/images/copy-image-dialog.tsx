import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { notice } from "../../parts/feedback/notice";
import { NAMES_LIMIT } from "../../parts/filters/name-filter";
import { TextField } from "../../parts/forms/fields";
import { NameField } from "../../parts/forms/name-field";
import { type ImageName, tagOf } from "./image";

interface Props extends ImageName {
  /** Whether the account owns the image, so that it can get another tag where it is. */
  isOwner: boolean;
  onClose: () => void;
}

interface Values {
  namespace: string;
  name: string;
  tag: string;
}

/** The dialog that gives an image another tag, or copies it to another repository. */
export default function CopyImageDialog({ isOwner, onClose, ...image }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const source = `${image.namespace}/${image.repository}${image.reference}`;
  return (
    <FormDialog<Values>
      title={say("image.copy")}
      submitText={say("image.copy")}
      initial={{
        ...(isOwner ? { namespace: image.namespace } : {}),
        name: image.repository,
        tag: tagOf(image.reference) ?? "",
      }}
      rules={{ namespace: "namespace", repository: "repository", tag: "tag" }}
      onSubmit={async ({ namespace, name, tag }) => {
        await api.POST("/api/v1/images/{namespace}/{repository}/copy", {
          params: { path: { namespace, repository: name } },
          body: { source, tag },
        });
        notice.show(say("image.copied", { image: `${namespace}/${name}:${tag}` }));
        await Promise.all([
          queries.invalidateQueries({ queryKey: ["repository", namespace, name] }),
          queries.invalidateQueries({ queryKey: ["repositories"] }),
        ]);
      }}
      onClose={onClose}
    >
      <p className="page-text">{say("image.copy.text", { image: source })}</p>
      <NameField
        name="namespace"
        label={say("image.copy.namespace")}
        queryKey={["namespaces", "names"]}
        fetchNames={async (text) => {
          const query = { limit: NAMES_LIMIT, q: text };
          const { items } = await body(api.GET("/api/v1/namespaces", { params: { query } }));
          return items.map(({ name }) => name);
        }}
      />
      <TextField name="name" label={say("image.copy.repository")} rule="repository" />
      <TextField
        name="tag"
        label={say("image.tag")}
        rule="tag"
        help={say("image.copy.replaces")}
        focus
      />
    </FormDialog>
  );
}
