import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { useIsOwner } from "../../parts/access/ownership";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyDialog, lazyPart } from "../../parts/page/lazy";
import { Card, Facts, Page } from "../../parts/page/page";
import { formatBytes, formatCount, formatTime } from "../../parts/text/format";
import { PullsCard } from "../pulls/pulls-card";
import { CommandsCard } from "./commands-card";
import type { RepositoryAction, RepositoryDetail } from "./repository";
import { RepositoryStatus } from "./repository-status";
import { TagList } from "./tag-list";

const RulesCard = lazyPart(() => import("../rules/rules-card"));
const RepositoryDialog = lazyDialog(() => import("./repository-dialog"));

interface Props {
  namespace: string;
  name: string;
}

/** A repository: its commands, tags, and pulls. */
export default function RepositoryPage({ namespace, name }: Props): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<RepositoryAction | null>(null);
  const [, navigate] = useLocation();
  const isOwner = useIsOwner(namespace);
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
  const isDeleting = repository.status === "deleting";
  const path = `${namespace}/${name}`;
  return (
    <Page
      title={path}
      breadcrumbs={[
        { href: "/repositories", text: say("repositories.title") },
        { href: `/namespaces/${namespace}`, text: namespace },
      ]}
      text={repository.description}
      actions={
        isOwner &&
        !isDeleting && (
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
      {isDeleting && (
        <Alert className="banner" type="warning" showIcon title={say("repositories.deleting")} />
      )}
      <div className="columns">
        <Overview repository={repository} />
        {!isDeleting && <CommandsCard namespace={namespace} name={name} canPush={isOwner} />}
      </div>
      <Card title={say("repository.tags")}>
        <TagList namespace={namespace} name={name} total={repository.tag_count} isOwner={isOwner} />
      </Card>
      {isOwner && !isDeleting && <RulesCard scope={{ namespace, repository: name }} />}
      {isOwner && !isDeleting && <PullsCard repository={path} />}
      {action && (
        <RepositoryDialog
          action={action}
          namespace={namespace}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/repositories", { replace: true })}
        />
      )}
    </Page>
  );
}

function Overview({ repository }: { repository: RepositoryDetail }): ReactNode {
  const { say, locale } = useWords();
  const timeOrNever = (at: string | null) =>
    at === null ? say("common.never") : formatTime(at, locale);
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
              {formatCount(repository.pull_count, locale)}
            </span>,
          ],
          [say("repositories.tags"), formatCount(repository.tag_count, locale)],
          [say("repositories.size"), formatBytes(repository.size_bytes, locale)],
          [
            say("storage.deduplicated"),
            <span key="storage" title={say("storage.deduplicated.text")}>
              {formatBytes(repository.storage_used_bytes, locale)}
            </span>,
          ],
          [say("repositories.lastPushed"), timeOrNever(repository.last_pushed_at)],
          [say("repositories.lastPulled"), timeOrNever(repository.last_pulled_at)],
          [say("common.created"), formatTime(repository.created_at, locale)],
        ]}
      />
    </Card>
  );
}
