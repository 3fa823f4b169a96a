import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { lazyPart } from "../../parts/page/lazy";
import type { Column } from "../../parts/tables/data-table";
import { ResourceList } from "../../parts/tables/resource-list";
import { RowButton } from "../../parts/tables/row-button";
import { Digest } from "../../parts/text/digest";
import { formatBytes, formatCount, formatPlatform } from "../../parts/text/format";
import { RelativeTime } from "../../parts/text/time";
import type { Tag, TagSort } from "./repository";

const DeleteImageDialog = lazyPart(() => import("../images/delete-image-dialog"));

interface Props {
  namespace: string;
  name: string;
  canDelete: boolean;
}

/** The tags of a repository. */
export function TagList({ namespace, name, canDelete }: Props): ReactNode {
  const { say } = useWords();
  const [tagToDelete, setTagToDelete] = useState<string | null>(null);
  const columns = useColumns(`/repositories/${namespace}/${name}`);
  const actionsColumn: Column<Tag> = {
    key: "actions",
    title: say("common.actions"),
    cell: (row) => (
      <RowButton
        text={say("common.delete")}
        label={say("image.delete")}
        row={row.tag}
        danger
        onClick={() => setTagToDelete(row.tag)}
      />
    ),
  };
  return (
    <>
      <ResourceList<Tag>
        label={say("repository.tags")}
        queryKey={["repository", namespace, name, "tags"]}
        fetchPage={({ q, cursor, limit, sort }) => {
          const path = { namespace, repository: name };
          // The order is from the address; the API refuses an unknown one.
          const query = { q, cursor, limit, sort: sort as TagSort };
          return body(
            api.GET("/api/v1/images/{namespace}/{repository}", { params: { path, query } }),
          );
        }}
        columns={canDelete ? [...columns, actionsColumn] : columns}
        rowKey={(row) => row.tag}
        searchLabel={say("repository.searchTags")}
        defaultSort="-pushed_at"
        refresh={() => 5000}
        empty={<Empty title={say("repository.noTags")} text={say("repository.noTags.text")} />}
      />
      {tagToDelete !== null && (
        <DeleteImageDialog
          namespace={namespace}
          repository={name}
          reference={`:${tagToDelete}`}
          onClose={() => setTagToDelete(null)}
        />
      )}
    </>
  );
}

function useColumns(repositoryPage: string): Column<Tag>[] {
  const { say, locale } = useWords();
  return [
    {
      key: "tag",
      title: say("image.tag"),
      sort: "name",
      cell: (row) => (
        <div className="name-cell narrow">
          <Link href={`${repositoryPage}:${row.tag}`}>{row.tag}</Link>
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
        row.platforms.length === 0
          ? say("image.artifact")
          : row.platforms.map(formatPlatform).join(", "),
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
  ];
}
