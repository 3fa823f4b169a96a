import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body, type Model } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { Command, Digest, PlainHttpNote } from "../../parts/text/copy";
import { bytes, count, moment, platform, shortDigest } from "../../parts/text/format";
import { Card, Facts, Page } from "../../parts/page/page";
import { Failed, Loading } from "../../parts/feedback/states";
import { DataTable } from "../../parts/tables/data-table";
import { imagePath } from "./image-path";
import { useOwned } from "../../parts/access/owned";
import { Pulls } from "../pulls/pulls-card";
import { lazyPart } from "../../parts/page/lazy";

const DeleteImage = lazyPart(() => import("./delete-image-dialog"));

type ImageOut = Model<"ImageOut">;

interface Props {
  namespace: string;
  name: string;
  /** `:tag` or `@digest` */
  reference: string;
}

export default function Image({ namespace, name, reference }: Props): ReactNode {
  const { say } = useWords();
  const [deleting, setDeleting] = useState(false);
  const [, navigate] = useLocation();
  const owned = useOwned(namespace);
  const path = imagePath(namespace, name, reference);
  const query = useQuery({
    queryKey: ["repository", namespace, name, "image", reference],
    queryFn: async () =>
      (await (path.tag === undefined
        ? body(
            api.GET("/api/v1/images/{namespace}/{repository}@{digest}", {
              params: { path: path.digest },
            }),
          )
        : body(
            api.GET("/api/v1/images/{namespace}/{repository}:{tag}", {
              params: { path: path.tag },
            }),
          ))) as ImageOut,
    enabled: !deleting,
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError || isNotFound(query.error)) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const image = query.data;
  const repository = `/repositories/${namespace}/${name}`;
  const shown = path.tag === undefined ? `@${shortDigest(image.digest)}` : reference;
  return (
    <Page
      title={`${namespace}/${name}${shown}`}
      above={[
        { href: "/repositories", text: say("repositories.title") },
        { href: repository, text: `${namespace}/${name}` },
      ]}
      actions={
        owned && (
          <Button danger onClick={() => setDeleting(true)}>
            {say(path.tag === undefined ? "image.deleteDigest" : "image.delete")}
          </Button>
        )
      }
    >
      <div className="columns">
        <Overview image={image} repository={repository} />
        <Card title={say("image.commands")} text={say("repository.commands.text")}>
          {image.pull_commands.map(({ client, command }) => (
            <Command key={client} what={client} line={command} />
          ))}
          <PlainHttpNote />
        </Card>
      </div>
      {image.platforms.length > 0 && <Platforms image={image} repository={repository} />}
      {image.layers.length > 0 && <Layers image={image} />}
      {Object.keys(image.labels).length > 0 && <Labels labels={image.labels} />}
      {owned && path.tag !== undefined && (
        <Pulls repository={`${namespace}/${name}`} tag={path.tag.tag} />
      )}
      {deleting && (
        <DeleteImage
          namespace={namespace}
          name={name}
          reference={reference}
          onClose={() => setDeleting(false)}
          onDeleted={() => navigate(repository, { replace: true })}
        />
      )}
    </Page>
  );
}

function Overview({ image, repository }: { image: ImageOut; repository: string }): ReactNode {
  const { say, locale } = useWords();
  const tags = image.tags.map((tag, index) => (
    <span key={tag}>
      {index > 0 && ", "}
      <Link href={`${repository}:${tag}`}>{tag}</Link>
    </span>
  ));
  return (
    <Card title={say("repository.overview")}>
      <Facts
        facts={[
          [
            say("image.digest"),
            <Digest key="digest" digest={image.digest} short={shortDigest(image.digest)} />,
          ],
          [say("image.size"), bytes(image.size_bytes, locale)],
          [say("image.otherTags"), tags.length === 0 ? say("common.none") : tags],
          ...(image.pull_count === null
            ? []
            : [[say("image.pulls"), count(image.pull_count, locale)] as [string, ReactNode]]),
          [
            say("repositories.lastPulled"),
            image.last_pulled_at === null
              ? say("common.never")
              : moment(image.last_pulled_at, locale),
          ],
          [say("image.pushed"), moment(image.pushed_at, locale)],
          [say("image.pushedByLabel"), image.pushed_by || say("common.unknown")],
          [
            say("image.built"),
            image.created_at === null ? say("common.unknown") : moment(image.created_at, locale),
          ],
          [say("image.type"), image.artifact_type ?? image.media_type],
        ]}
      />
    </Card>
  );
}

function Platforms({ image, repository }: { image: ImageOut; repository: string }): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("image.platforms")}>
      <DataTable
        label={say("image.platforms")}
        rows={image.platforms}
        rowKey={(row) => `${platform(row)} ${row.digest}`}
        columns={[
          {
            key: "platform",
            title: say("image.platform"),
            cell: (row) =>
              row.digest === image.digest ? (
                platform(row)
              ) : (
                <Link href={`${repository}@${row.digest}`}>{platform(row)}</Link>
              ),
          },
          {
            key: "digest",
            title: say("image.digest"),
            cell: (row) => <Digest digest={row.digest} short={shortDigest(row.digest)} />,
          },
          {
            key: "size",
            title: say("image.size"),
            number: true,
            cell: (row) => bytes(row.size_bytes, locale),
          },
        ]}
      />
    </Card>
  );
}

function Layers({ image }: { image: ImageOut }): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("image.layers")}>
      <DataTable
        label={say("image.layers")}
        rows={image.layers.map((layer, index) => ({ ...layer, position: index + 1 }))}
        rowKey={(row) => String(row.position)}
        columns={[
          { key: "position", title: say("image.layer"), cell: (row) => row.position },
          {
            key: "digest",
            title: say("image.digest"),
            cell: (row) => <Digest digest={row.digest} short={shortDigest(row.digest)} />,
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
            cell: (row) => bytes(row.size_bytes, locale),
          },
        ]}
      />
    </Card>
  );
}

function Labels({ labels }: { labels: Record<string, string> }): ReactNode {
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
