import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { useWords } from "../../i18n";
import { useReturnFocus } from "../../parts/dialogs/return-focus";
import { StillWorking } from "../../parts/dialogs/still-working";
import { notice } from "../../parts/feedback/notice";
import { codeText, problemText } from "../../parts/feedback/problem-text";
import { Failed, Loading } from "../../parts/feedback/states";
import { formatCount } from "../../parts/text/format";
import { DeletionFacts } from "./deletion-facts";
import {
  deleteTags,
  type FailedTag,
  groupByReason,
  previewTags,
  sortTags,
  type TagsDeletion,
  type TagsPreview,
} from "./tags";

interface Props {
  namespace: string;
  repository: string;
  tags: string[];
  /** Receives the names of the deleted tags. */
  onDeleted: (tags: string[]) => void;
  onClose: () => void;
}

/**
 * The dialog that deletes several tags. It first shows what the deletion affects and which tags
 * cannot be deleted. If some tags remain, it shows afterwards why.
 */
export default function DeleteTagsDialog({ tags, onDeleted, onClose, ...path }: Props): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [result, setResult] = useState<TagsDeletion | null>(null);
  const { namespace, repository } = path;
  const preview = useQuery({
    queryKey: ["preview", namespace, repository, tags],
    queryFn: () => previewTags(path, tags),
    enabled: result === null && !deleting,
    staleTime: 0, // the preview must be current
    gcTime: 0,
  });
  useReturnFocus();
  const deletable = preview.data?.tags.map(({ tag }) => tag) ?? [];
  const count = formatCount(deletable.length, locale);

  async function confirm(): Promise<void> {
    setDeleting(true);
    setError(null);
    try {
      const answer = await deleteTags(path, deletable);
      const deleted = answer.deleted.map(({ tag }) => tag);
      notice.show(say("images.deleted", { count: formatCount(deleted.length, locale) }));
      onDeleted(deleted);
      await queries.invalidateQueries({ queryKey: ["repository", namespace, repository] });
      if (answer.failed.length === 0) {
        onClose();
      } else {
        setResult(answer);
      }
    } catch (problem) {
      setError(problem);
    }
    setDeleting(false);
  }

  return (
    <Modal
      open
      title={say("images.delete")}
      onCancel={onClose}
      getContainer={() => document.body} // is on the page already, so autoFocus works
      footer={[
        <Button key="cancel" autoFocus onClick={onClose}>
          {say(result === null ? "common.cancel" : "common.close")}
        </Button>,
        result === null && (
          <Button
            key="confirm"
            type="primary"
            danger
            disabled={deletable.length === 0}
            loading={deleting}
            onClick={() => void confirm()}
          >
            {say("images.delete.confirm", { count })}
          </Button>
        ),
      ]}
      mask={{ closable: false }}
    >
      <StillWorking working={deleting} />
      {error !== null && (
        <Alert
          className="form-error"
          type="error"
          showIcon
          title={problemText(error, say, locale)}
        />
      )}
      {result !== null ? (
        <>
          <p>{say("images.deleted", { count: formatCount(result.deleted.length, locale) })}</p>
          <NotDeleted failed={result.failed} />
        </>
      ) : preview.isPending ? (
        <Loading lines={4} />
      ) : preview.isLoadingError ? (
        <Failed error={preview.error} retry={() => void preview.refetch()} />
      ) : (
        <Preview preview={preview.data} />
      )}
    </Modal>
  );
}

function Preview({ preview }: { preview: TagsPreview }): ReactNode {
  const { say, locale } = useWords();
  const names = sortTags(preview.tags.map(({ tag }) => tag));
  return (
    <>
      {names.length > 0 && (
        <>
          <p>{say("images.delete.text", { count: formatCount(names.length, locale) })}</p>
          <TagNames label={say("image.tag")} tags={names} />
        </>
      )}
      {preview.failed.length > 0 && <NotDeleted failed={preview.failed} />}
      {names.length > 0 && (
        <div className="preview">
          <DeletionFacts preview={preview} one={false} />
        </div>
      )}
    </>
  );
}

/** The tags that cannot be deleted, or were not, by the reason. */
function NotDeleted({ failed }: { failed: FailedTag[] }): ReactNode {
  const { say, locale } = useWords();
  const groups = groupByReason(failed, ({ code, detail }) => codeText(code, detail, say));
  return (
    <Alert
      className="form-error"
      type="warning"
      showIcon
      title={say("images.notDeleted", { count: formatCount(failed.length, locale) })}
      description={groups.map(([reason, tags]) => (
        <div key={reason}>
          {reason}
          <TagNames label={reason} tags={tags} />
        </div>
      ))}
    />
  );
}

function TagNames({ label, tags }: { label: string; tags: string[] }): ReactNode {
  return (
    // A person with a keyboard scrolls a long list, so it must get the focus.
    <ul className="tag-names" aria-label={label} tabIndex={0}>
      {tags.map((tag) => (
        <li key={tag}>
          <code>{tag}</code>
        </li>
      ))}
    </ul>
  );
}
