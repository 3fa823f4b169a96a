import type { ReactNode } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";
import { Card, Facts } from "../../parts/page/page";
import { DataTable } from "../../parts/tables/data-table";
import { Digest } from "../../parts/text/digest";
import { formatBytes, formatCount, formatPlatform, formatTime } from "../../parts/text/format";
import type { Image } from "./image";

interface Props {
  image: Image;
  /** The address of the repository's page. */
  repositoryPage: string;
}

/** The digest, size, tags, and times of an image. */
export function OverviewCard({ image, repositoryPage }: Props): ReactNode {
  const { say, locale } = useWords();
  const tags = image.tags.map((tag, index) => (
    <span key={tag}>
      {index > 0 && ", "}
      <Link href={`${repositoryPage}:${tag}`}>{tag}</Link>
    </span>
  ));
  return (
    <Card title={say("repository.overview")}>
      <Facts
        facts={[
          [say("image.digest"), <Digest key="digest" digest={image.digest} />],
          [say("image.size"), formatBytes(image.size_bytes, locale)],
          [say("image.otherTags"), tags.length === 0 ? say("common.none") : tags],
          ...(image.pull_count === null
            ? []
            : [[say("image.pulls"), formatCount(image.pull_count, locale)] as [string, string]]),
          [
            say("repositories.lastPulled"),
            image.last_pulled_at === null
              ? say("common.never")
              : formatTime(image.last_pulled_at, locale),
          ],
          [say("image.pushed"), formatTime(image.pushed_at, locale)],
          [say("image.pushedByLabel"), image.pushed_by || say("common.unknown")],
          [
            say("image.built"),
            image.created_at === null
              ? say("common.unknown")
              : formatTime(image.created_at, locale),
          ],
          [say("image.type"), image.artifact_type ?? image.media_type],
        ]}
      />
    </Card>
  );
}

/** The platforms of an image; those of an index link to the image of the platform. */
export function PlatformsCard({ image, repositoryPage }: Props): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("image.platforms")}>
      <DataTable
        label={say("image.platforms")}
        rows={image.platforms}
        rowKey={(row) => `${formatPlatform(row)} ${row.digest}`}
        columns={[
          {
            key: "platform",
            title: say("image.platform"),
            cell: (row) =>
              row.digest === image.digest ? (
                formatPlatform(row)
              ) : (
                <Link href={`${repositoryPage}@${row.digest}`}>{formatPlatform(row)}</Link>
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
            cell: (row) => formatBytes(row.size_bytes, locale),
          },
        ]}
      />
    </Card>
  );
}

/** The signatures and other artifacts that refer to an image, with links to them. */
export function ReferrersCard({ image, repositoryPage }: Props): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("image.referrers")}>
      <DataTable
        label={say("image.referrers")}
        rows={image.referrers}
        rowKey={(row) => row.digest}
        columns={[
          {
            key: "kind",
            title: say("image.kind"),
            cell: (row) => (
              <Link href={`${repositoryPage}@${row.digest}`}>{say(`image.kind.${row.kind}`)}</Link>
            ),
          },
          {
            key: "digest",
            title: say("image.digest"),
            cell: (row) => <Digest digest={row.digest} />,
          },
          {
            key: "type",
            title: say("image.type"),
            cell: (row) => (
              <span className="name-cell">{row.artifact_type ?? say("common.none")}</span>
            ),
          },
          {
            key: "size",
            title: say("image.size"),
            number: true,
            cell: (row) => formatBytes(row.size_bytes, locale),
          },
          {
            key: "pushed",
            title: say("image.pushed"),
            cell: (row) => formatTime(row.pushed_at, locale),
          },
        ]}
      />
    </Card>
  );
}

/** The layers of an image, from the lowest up. */
export function LayersCard({ image }: { image: Image }): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("image.layers")}>
      <DataTable
        label={say("image.layers")}
        rows={image.layers.map((layer, index) => ({ ...layer, position: index + 1 }))}
        rowKey={(row) => String(row.position)} // an image can hold one layer several times
        columns={[
          { key: "position", title: say("image.layer"), cell: (row) => row.position },
          {
            key: "digest",
            title: say("image.digest"),
            cell: (row) => <Digest digest={row.digest} />,
          },
          {
            key: "type",
            title: say("image.type"),
            cell: (row) => <span className="name-cell">{row.media_type}</span>,
          },
          {
            key: "size",
            title: say("image.size"),
            number: true,
            cell: (row) => formatBytes(row.size_bytes, locale),
          },
        ]}
      />
    </Card>
  );
}

/** The labels of an image's configuration. */
export function LabelsCard({ labels }: { labels: Record<string, string> }): ReactNode {
  const { say } = useWords();
  return (
    <Card title={say("image.labels")}>
      <DataTable
        label={say("image.labels")}
        rows={Object.entries(labels)}
        rowKey={([name]) => name}
        columns={[
          {
            key: "name",
            title: say("image.label"),
            cell: ([name]) => <span className="name-cell">{name}</span>,
          },
          {
            key: "value",
            title: say("image.value"),
            cell: ([, value]) => <span className="value-cell">{value}</span>,
          },
        ]}
      />
    </Card>
  );
}
