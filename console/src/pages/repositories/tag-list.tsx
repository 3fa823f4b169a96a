import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { Digest } from "../../parts/text/digest";
import { formatBytes, formatCount, formatPlatform } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import { ArtifactType } from "./artifact-type";
import { ImmutableMark } from "./immutable-mark";
import type { Tag, TagSort } from "./repository";
import { SelectionBar } from "./selection-bar";

const CopyImageDialog = lazyDialog(() => import("../images/copy-image-dialog"));
const DeleteImageDialog = lazyDialog(() => import("../images/delete-image-dialog"));
const DeleteTagsDialog = lazyDialog(() => import("../images/delete-tags-dialog"));

interface Props {
  namespace: string;
  name: string;
  /** The number of tags of the repository. */
  total: number;
  isOwner: boolean;
}

type Action = { kind: "delete" | "copy"; tag: string } | { kind: "deleteSelected" };

/** The tags of a repository. Its owner can select many of them and delete them. */
export function TagList({ namespace, name, total, isOwner }: Props): ReactNode {
  const { say, locale } = useWords();
  const [action, setAction] = useState<Action | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const columns = useColumns(`/repositories/${namespace}/${name}`, isOwner, setAction);
  const close = () => setAction(null);
  const change = (tags: string[], isSelected: boolean) =>
    setSelected((before) => {
      const after = new Set(before);
      tags.forEach((tag) => (isSelected ? after.add(tag) : after.delete(tag)));
      return after;
    });
  const path = { namespace, repository: name };
  return (
    <>
      <ResourceList<Tag>
        label={say("repository.tags")}
        queryKey={["repository", namespace, name, "tags"]}
        fetchPage={({ q, cursor, limit, sort }) => {
          // The order is from the address; the API refuses an unknown one.
          const query = { q, cursor, limit, sort: sort as TagSort };
          return body(
            api.GET("/api/v1/images/{namespace}/{repository}", { params: { path, query } }),
          );
        }}
        columns={columns}
        rowKey={(row) => row.tag}
        {...(isOwner
          ? {
              selection: {
                keys: selected,
                onChange: (tag: string, on: boolean) => change([tag], on),
              },
            }
          : {})}
        toolbar={(rows) => (
          <div className="list-bar">
            <span>{say("repository.total", { count: formatCount(total, locale) })}</span>
            {isOwner && (
              <SelectionBar
                shown={rows.map(({ tag }) => tag)}
                selected={selected}
                onSelect={setSelected}
                onDelete={() => setAction({ kind: "deleteSelected" })}
              />
            )}
          </div>
        )}
        searchLabel={say("repository.searchTags")}
        defaultSort="name"
        refresh={() => 5000}
        empty={<Empty title={say("repository.noTags")} text={say("repository.noTags.text")} />}
      />
      {action?.kind === "delete" && (
        <DeleteImageDialog
          {...path}
          reference={`:${action.tag}`}
          onClose={close}
          onDeleted={() => change([action.tag], false)}
        />
      )}
      {action?.kind === "copy" && (
        <CopyImageDialog {...path} reference={`:${action.tag}`} isOwner={isOwner} onClose={close} />
      )}
      {action?.kind === "deleteSelected" && (
        <DeleteTagsDialog
          {...path}
          tags={[...selected]}
          onDeleted={(tags) => change(tags, false)}
          onClose={close}
        />
      )}
    </>
  );
}

function useColumns(
  repositoryPage: string,
  isOwner: boolean,
  onAction: (action: Action) => void,
): Column<Tag>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "tag",
      title: say("image.tag"),
      sort: "name",
      cell: (row) => (
        <div className="name-cell narrow">
          <Link href={`${repositoryPage}:${row.tag}`}>{row.tag}</Link>
          {row.immutable && <ImmutableMark tag={row.tag} />}
        </div>
      ),
    },
    {
      key: "digest",
      title: say("image.digest"),
      cell: (row) => <Digest digest={row.digest} />,
    },
    {
      key: "size",
      title: say("image.size"),
      number: true,
      sort: "size_bytes",
      descendingFirst: true,
      cell: (row) => formatBytes(row.size_bytes, locale),
    },
    {
      key: "platforms",
      title: say("image.platforms"),
      cell: (row) =>
        row.platforms.length === 0 ? (
          <ArtifactType type={row.artifact_type} />
        ) : (
          row.platforms.map(formatPlatform).join(", ")
        ),
    },
    {
      key: "pushed",
      title: say("image.pushed"),
      sort: "pushed_at",
      descendingFirst: true,
      cell: (row) => (
        <div>
          <RelativeTime at={row.pushed_at} />
          {row.pushed_by && (
            <div className="quiet">{say("image.pushedBy", { name: row.pushed_by })}</div>
          )}
        </div>
      ),
    },
    {
      key: "pulls",
      title: say("image.pulls"),
      number: true,
      sort: "pull_count",
      descendingFirst: true,
      cell: (row) => formatCount(row.pull_count, locale),
    },
    {
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <>
          <RowButton
            text={say("image.copy.short")}
            label={say("image.copy")}
            row={row.tag}
            onClick={() => onAction({ kind: "copy", tag: row.tag })}
          />
          {isOwner && (
            <RowButton
              text={say("common.delete")}
              label={say("image.delete")}
              row={row.tag}
              danger
              disabled={row.immutable}
              onClick={() => onAction({ kind: "delete", tag: row.tag })}
            />
          )}
        </>
      ),
    },
  ];
}
