import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Confirm } from "../../parts/dialogs/form-dialog";
import { bytes, moment, shortDigest } from "../../parts/text/format";
import { Facts } from "../../parts/page/page";
import { Failed, Loading } from "../../parts/feedback/states";
import { imagePath } from "./image-path";

interface Props {
  namespace: string;
  name: string;
  /** `:tag` or `@digest` */
  reference: string;
  onClose: () => void;
  onDeleted?: () => void;
}

/** Says what deleting a tag or an image means before it is done. */
export default function DeleteImage({
  namespace,
  name,
  reference,
  onClose,
  onDeleted,
}: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const path = imagePath(namespace, name, reference);
  const preview = useQuery({
    queryKey: ["preview", namespace, name, reference],
    queryFn: async () =>
      (await (path.tag === undefined
        ? body(
            api.GET("/api/v1/images/{namespace}/{repository}@{digest}", {
              params: { path: path.digest, query: { preview: "delete" } },
            }),
          )
        : body(
            api.GET("/api/v1/images/{namespace}/{repository}:{tag}", {
              params: { path: path.tag, query: { preview: "delete" } },
            }),
          ))) as Model<"DeletionPreviewOut">,
    staleTime: 0,
    gcTime: 0,
  });
  const tag = path.tag?.tag;
  return (
    <Confirm
      title={say(tag === undefined ? "image.deleteDigest" : "image.delete")}
      text={tag === undefined ? say("image.delete.digest") : say("image.delete.tag", { tag })}
      button={say("common.delete")}
      done={say("common.deleted")}
      onConfirm={async () => {
        if (path.tag === undefined) {
          await api.DELETE("/api/v1/images/{namespace}/{repository}@{digest}", {
            params: { path: path.digest },
          });
        } else {
          await api.DELETE("/api/v1/images/{namespace}/{repository}:{tag}", {
            params: { path: path.tag },
          });
        }
        onDeleted?.();
        await queries.invalidateQueries({ queryKey: ["repository", namespace, name] });
      }}
      onClose={onClose}
    >
      <div className="preview">
        {preview.isPending ? (
          <Loading lines={3} />
        ) : preview.isLoadingError ? (
          <Failed error={preview.error} retry={() => void preview.refetch()} />
        ) : (
          <Preview preview={preview.data} />
        )}
      </div>
    </Confirm>
  );
}

function Preview({ preview }: { preview: Model<"DeletionPreviewOut"> }): ReactNode {
  const { say, locale } = useWords();
  const listed = (names: string[]) => (names.length === 0 ? say("common.none") : names.join(", "));
  return (
    <Facts
      facts={[
        [say("image.preview.siblings"), listed(preview.sibling_tags)],
        [
          say("image.preview.indexes"),
          listed(
            preview.indexes.map((index) => index.tags.join(", ") || shortDigest(index.digest)),
          ),
        ],
        [
          say("image.preview.referrers"),
          listed(
            preview.referrers.map(
              (referrer) => referrer.artifact_type ?? shortDigest(referrer.digest),
            ),
          ),
        ],
        [say("image.preview.exclusive"), bytes(preview.exclusive_bytes, locale)],
        [
          say("image.preview.lastPulled"),
          preview.last_pulled_at === null
            ? say("common.never")
            : moment(preview.last_pulled_at, locale),
        ],
      ]}
    />
  );
}
