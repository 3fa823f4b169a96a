import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { ConfirmDialog } from "../../parts/dialogs/confirm-dialog";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { notice } from "../../parts/feedback/notice";
import { TextField } from "../../parts/forms/fields";
import { nameOf, pageOf, type TrashAction, type TrashEntry } from "./trash-entry";

type Restored = Model<"RestoredOut">;

interface Props {
  action: TrashAction;
  onClose: () => void;
}

/** The dialog that restores an entry of the trash, or ends it. */
export default function TrashDialog({ action, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const [restored, setRestored] = useState<Restored | null>(null);
  const { entry } = action;
  const path = { id: entry.id };
  const refresh = () => queries.invalidateQueries(); // a restore changes most of the pages
  if (action.kind === "remove") {
    return (
      <ConfirmDialog
        title={say("trash.remove")}
        text={say("trash.remove.text", { name: nameOf(entry.path) })}
        confirmText={say("trash.remove")}
        successText={say("common.deleted")}
        onConfirm={async () => {
          await api.DELETE("/api/v1/trash/{id}", { params: { path } });
          await refresh();
        }}
        onClose={onClose}
      />
    );
  }
  if (restored !== null) {
    return <RestoredDialog restored={restored} onClose={onClose} />;
  }
  return (
    <RestoreDialog
      entry={entry}
      onRestored={(answer) => {
        if (isComplete(answer)) {
          const done = answer.status === "restored" ? "trash.restored" : "trash.restoring";
          notice.show(say(done, { name: nameOf(answer.path) }));
          onClose();
        } else {
          setRestored(answer);
        }
        void refresh();
      }}
      onClose={onClose}
    />
  );
}

function isComplete({ taken_tags, missing, vanished_docker_users }: Restored): boolean {
  return taken_tags.length + missing.length + vanished_docker_users.length === 0;
}

interface RestoreDialogProps {
  entry: TrashEntry;
  onRestored: (answer: Restored) => void;
  onClose: () => void;
}

function RestoreDialog({ entry, onRestored, onClose }: RestoreDialogProps): ReactNode {
  const { say } = useWords();
  const hasTag = entry.kind === "tag" || entry.kind === "manifest";
  return (
    <FormDialog<{ tag?: string }>
      title={say("trash.restore")}
      submitText={say("trash.restore")}
      initial={{}}
      rules={{ tag: "tag" }}
      onSubmit={async ({ tag }) => {
        onRestored(
          await body(
            api.POST("/api/v1/trash/{id}/restore", {
              params: { path: { id: entry.id } },
              body: { tag: tag || null },
            }),
          ),
        );
      }}
      onClose={onClose}
      onSuccess={() => undefined} // the result decides what comes next
    >
      <p>{say("trash.restore.text", { name: nameOf(entry.path) })}</p>
      {hasTag && (
        <TextField
          name="tag"
          label={`${say("trash.otherTag")} (${say("common.optional")})`}
          rule="tag"
          help={say("trash.otherTag.text")}
          optional
        />
      )}
    </FormDialog>
  );
}

/** Says what of an entry was not restored, and why. */
function RestoredDialog({
  restored,
  onClose,
}: {
  restored: Restored;
  onClose: () => void;
}): ReactNode {
  const { say } = useWords();
  const parts = [
    [say("trash.takenTags"), restored.taken_tags],
    [say("trash.missing"), restored.missing],
    [say("trash.vanishedUsers"), restored.vanished_docker_users],
  ] as const;
  return (
    <Modal
      open
      title={say("trash.restored", { name: nameOf(restored.path) })}
      onCancel={onClose}
      footer={
        <Button type="primary" onClick={onClose}>
          {say("common.close")}
        </Button>
      }
    >
      <Alert type="warning" showIcon title={say("trash.notAll")} />
      {parts.map(
        ([title, names]) =>
          names.length > 0 && (
            <div key={title}>
              <h3>{title}</h3>
              <p>{names.map(nameOf).join(", ")}</p>
            </div>
          ),
      )}
      <Link href={pageOf(restored)} onClick={onClose}>
        {nameOf(restored.path)}
      </Link>
    </Modal>
  );
}
