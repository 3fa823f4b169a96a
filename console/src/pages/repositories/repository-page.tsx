import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, body, type Model } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { dockerPull, dockerPush, dockerTag, registryHost } from "../../parts/text/commands";
import { Command, Digest, PlainHttpNote } from "../../parts/text/copy";
import { bytes, count, moment, platform, shortDigest } from "../../parts/text/format";
import { ResourceList } from "../../parts/tables/resource-list";
import { Card, Facts, Page } from "../../parts/page/page";
import { Empty, Failed, Loading } from "../../parts/feedback/states";
import type { Column } from "../../parts/tables/data-table";
import { Ago } from "../../parts/text/time";
import { useOwned } from "../../parts/access/owned";
import { Pulls } from "../pulls/pulls-card";
import { type RepositoryAction, RepositoryStatus } from "./repositories-page";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./repository-dialog"));
const DeleteImage = lazyPart(() => import("../images/delete-image-dialog"));

type Tag = Model<"TagOut">;

export default function Repository({
  namespace,
  name,
}: {
  namespace: string;
  name: string;
}): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<RepositoryAction | null>(null);
  const [, navigate] = useLocation();
  const owned = useOwned(namespace);
  const query = useQuery({
    queryKey: ["repository", namespace, name],
    queryFn: () =>
      body(
        api.GET("/api/v1/repositories/{namespace}/{repository}", {
          params: { path: { namespace, repository: name } },
        }),
      ),
    refetchInterval: 3000,
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError || isNotFound(query.error)) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const repository = query.data;
  const path = `${namespace}/${name}`;
  return (
    <Page
      title={path}
      above={[
        { href: "/repositories", text: say("repositories.title") },
        { href: `/namespaces/${namespace}`, text: namespace },
      ]}
      text={repository.description}
      actions={
        owned &&
        repository.status !== "deleting" && (
          <>
            <Button onClick={() => setAction({ kind: "change", repository })}>
              {say("repositories.change")}
            </Button>
            <Button danger onClick={() => setAction({ kind: "delete", repository })}>
              {say("common.delete")}
            </Button>
          </>
        )
      }
    >
      {repository.status === "deleting" && (
        <Alert className="banner" type="warning" showIcon title={say("repositories.deleting")} />
      )}
      <div className="columns">
        <Overview repository={repository} />
        {repository.status !== "deleting" && (
          <Commands namespace={namespace} name={name} push={owned} />
        )}
      </div>
      <Card title={say("repository.tags")}>
        <Tags namespace={namespace} name={name} owned={owned} />
      </Card>
      {owned && repository.status !== "deleting" && <Pulls repository={path} />}
      {action && (
        <Dialog
          action={action}
          namespace={namespace}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/repositories", { replace: true })}
        />
      )}
    </Page>
  );
}

function Overview({ repository }: { repository: Model<"RepositoryOut"> }): ReactNode {
  const { say, locale } = useWords();
  const when = (at: string | null) => (at === null ? say("common.never") : moment(at, locale));
  return (
    <Card title={say("repository.overview")}>
      <Facts
        facts={[
          [
            say("repositories.status"),
            <RepositoryStatus key="status" status={repository.status} />,
          ],
          [
            say("repositories.pulls"),
            <span key="pulls" data-testid="pull-count">
              {count(repository.pull_count, locale)}
            </span>,
          ],
          [say("repositories.tags"), count(repository.tag_count, locale)],
          [say("repositories.size"), bytes(repository.size_bytes, locale)],
          [say("repositories.lastPushed"), when(repository.last_pushed_at)],
          [say("repositories.lastPulled"), when(repository.last_pulled_at)],
          [say("common.created"), moment(repository.created_at, locale)],
        ]}
      />
    </Card>
  );
}

function Commands({
  namespace,
  name,
  push,
}: {
  namespace: string;
  name: string;
  push: boolean;
}): ReactNode {
  const { say } = useWords();
  const newest = useQuery({
    queryKey: ["repository", namespace, name, "newest"],
    queryFn: async () => {
      const path = { namespace, repository: name };
      const query = { sort: "-pushed_at", limit: 1 } as never;
      const { items } = await body(
        api.GET("/api/v1/images/{namespace}/{repository}", { params: { path, query } }),
      );
      return items[0] ?? null;
    },
    refetchInterval: 5000,
  });
  const host = registryHost();
  const path = `${namespace}/${name}`;
  const tag = newest.data?.tag ?? "latest";
  const artifact = newest.data?.platforms.length === 0;
  return (
    <Card title={say("repository.commands")} text={say("repository.commands.text")}>
      <Command what={say("repository.login")} line={`docker login ${host}`} />
      {artifact ? (
        <p className="command-what">
          <Link href={`/repositories/${path}:${tag}`}>{say("repository.artifact", { tag })}</Link>
        </p>
      ) : (
        <Command what={say("repository.pull")} line={dockerPull(host, `${path}:${tag}`)} />
      )}
      {push && (
        <Command what={say("repository.pushTag")} line={dockerTag(host, `${path}:latest`)} />
      )}
      {push && <Command what={say("repository.push")} line={dockerPush(host, `${path}:latest`)} />}
      <PlainHttpNote />
    </Card>
  );
}

function Tags({
  namespace,
  name,
  owned,
}: {
  namespace: string;
  name: string;
  owned: boolean;
}): ReactNode {
  const { say, locale } = useWords();
  const [deleted, setDeleted] = useState<string | null>(null);
  const columns: Column<Tag>[] = [
    {
      key: "tag",
      title: say("image.tag"),
      sort: "name",
      cell: (row) => (
        <div className="name-cell narrow">
          <Link href={`/repositories/${namespace}/${name}:${row.tag}`}>{row.tag}</Link>
        </div>
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
      sort: "size_bytes",
      descendingFirst: true,
      cell: (row) => bytes(row.size_bytes, locale),
    },
    {
      key: "platforms",
      title: say("image.platforms"),
      cell: (row) =>
        row.platforms.length === 0 ? say("image.artifact") : row.platforms.map(platform).join(", "),
    },
    {
      key: "pushed",
      title: say("image.pushed"),
      sort: "pushed_at",
      descendingFirst: true,
      cell: (row) => (
        <div>
          <Ago at={row.pushed_at} />
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
      cell: (row) => count(row.pull_count, locale),
    },
  ];
  if (owned) {
    columns.push({
      key: "actions",
      title: say("common.actions"),
      cell: (row) => (
        <Button
          size="small"
          type="link"
          danger
          aria-label={`${say("image.delete")}: ${row.tag}`}
          onClick={() => setDeleted(row.tag)}
        >
          {say("common.delete")}
        </Button>
      ),
    });
  }
  return (
    <>
      <ResourceList<Tag>
        label={say("repository.tags")}
        queryKey={["repository", namespace, name, "tags"]}
        fetchPage={(page) =>
          body(
            api.GET("/api/v1/images/{namespace}/{repository}", {
              params: { path: { namespace, repository: name }, query: page as never },
            }),
          )
        }
        columns={columns}
        rowKey={(row) => row.tag}
        searchLabel={say("repository.searchTags")}
        defaultSort="-pushed_at"
        refresh={() => 5000}
        empty={<Empty title={say("repository.noTags")} text={say("repository.noTags.text")} />}
      />
      {deleted !== null && (
        <DeleteImage
          namespace={namespace}
          name={name}
          reference={`:${deleted}`}
          onClose={() => setDeleted(null)}
        />
      )}
    </>
  );
}
