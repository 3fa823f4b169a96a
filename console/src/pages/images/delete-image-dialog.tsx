import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { Failed, Loading } from "../../parts/feedback/states";
import { DeletionFacts } from "./deletion-facts";
import { deleteImage, getDeletionPreview, type ImageName, tagOf } from "./image";

interface Props extends ImageName {
  onClose: () => void;
  onDeleted?: () => void;
}

/** The dialog that deletes a tag or an image. It first lists what the deletion affects. */
export default function DeleteImageDialog({ onClose, onDeleted, ...image }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const { namespace, repository, reference } = image;
  const preview = useQuery({
    queryKey: ["preview", namespace, repository, reference],
    queryFn: () => getDeletionPreview(image),
    staleTime: 0, // the preview must be current
    gcTime: 0,
  });
  const tag = tagOf(reference);
  return (
    <ConfirmDialog
      title={say(tag === null ? "image.deleteDigest" : "image.delete")}
      text={tag === null ? say("image.delete.digest") : say("image.delete.tag", { tag })}
      confirmText={say("common.delete")}
      successText={say("common.deleted")}
      onConfirm={async () => {
        await deleteImage(image);
        onDeleted?.();
        await queries.invalidateQueries({ queryKey: ["repository", namespace, repository] });
      }}
      onClose={onClose}
    >
      <div className="preview">
        {preview.isPending ? (
          <Loading lines={3} />
        ) : preview.isLoadingError ? (
          <Failed error={preview.error} retry={() => void preview.refetch()} />
        ) : (
          <DeletionFacts preview={preview.data} />
        )}
      </div>
    </ConfirmDialog>
  );
}
