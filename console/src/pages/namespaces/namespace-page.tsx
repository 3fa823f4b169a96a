import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { Failed, Loading, NotFound } from "../../parts/feedback/states";
import { lazyDialog, lazyPart } from "../../parts/page/lazy";
import { Card, Facts, Page } from "../../parts/page/page";
import { formatBytes, formatCount, formatTime } from "../../parts/text/format";
import { GrantsCard } from "../grants/grants-card";
import { RepositoryList } from "../repositories/repository-list";
import type { NamespaceAction, NamespaceDetail } from "./namespace";

const DenialsCard = lazyPart(() => import("../explain/denials-card"));
const ExplainCard = lazyPart(() => import("../explain/explain-card"));
const RulesCard = lazyPart(() => import("../rules/rules-card"));
const NamespaceDialog = lazyDialog(() => import("./namespace-dialog"));

/** A namespace with its grants and repositories. */
export default function NamespacePage({ name }: { name: string }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<NamespaceAction | null>(null);
  const [, navigate] = useLocation();
  const query = useQuery({
    queryKey: ["namespaces", "one", name],
    queryFn: () =>
      body(api.GET("/api/v1/namespaces/{namespace}", { params: { path: { namespace: name } } })),
    refetchInterval: ({ state }) => (state.data?.deleting ? 2000 : false),
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (isNotFound(query.error)) {
    return <ForeignNamespace name={name} />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const namespace = query.data;
  return (
    <Page
      title={name}
      breadcrumbs={[{ href: "/namespaces", text: say("namespaces.title") }]}
      text={namespace.description}
      actions={
        <>
          <Button onClick={() => setAction({ kind: "change", namespace })}>
            {say("common.change")}
          </Button>
          {!namespace.deleting && (
            <Button danger onClick={() => setAction({ kind: "delete", namespace })}>
              {say("common.delete")}
            </Button>
          )}
        </>
      }
    >
      {namespace.deleting && (
        <Alert className="banner" type="warning" showIcon title={say("namespaces.deleting")} />
      )}
      <Overview namespace={namespace} />
      <GrantsCard namespace={name} owner={namespace.account} />
      <ExplainCard namespace={name} />
      <DenialsCard namespace={name} />
      <RulesCard scope={{ namespace: name }} />
      <Card title={say("repositories.title")}>
        <RepositoryList view="own" namespace={name} />
      </Card>
      {action && (
        <NamespaceDialog
          action={action}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/namespaces", { replace: true })}
        />
      )}
    </Page>
  );
}

function Overview({ namespace }: { namespace: NamespaceDetail }): ReactNode {
  const { say, locale } = useWords();
  return (
    <Card title={say("repository.overview")}>
      <Facts
        facts={[
          [say("visibility.label"), say(`visibility.${namespace.visibility}`)],
          [say("namespaces.repositories"), formatCount(namespace.repository_count, locale)],
          [say("repositories.pulls"), formatCount(namespace.pull_count, locale)],
          [say("repositories.size"), formatBytes(namespace.size_bytes, locale)],
          [
            say("storage.deduplicated"),
            <span key="storage" title={say("storage.deduplicated.text")}>
              {formatBytes(namespace.storage_used_bytes, locale)}
            </span>,
          ],
          [say("common.account"), namespace.account],
          [say("common.created"), formatTime(namespace.created_at, locale)],
        ]}
      />
    </Card>
  );
}

/** Another account's namespace: the repositories that the signed-in account may see. */
function ForeignNamespace({ name }: { name: string }): ReactNode {
  const { say } = useWords();
  const query = useQuery({
    queryKey: ["repositories", "visible", name],
    queryFn: () => findView(name),
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const view = query.data;
  if (view === null) {
    return <NotFound />;
  }
  return (
    <Page
      title={name}
      breadcrumbs={[{ href: `/repositories?view=${view}`, text: say(`repositories.${view}`) }]}
      text={say("namespaces.ofOtherAccount")}
    >
      <RepositoryList view={view} namespace={name} />
    </Page>
  );
}

/** Returns the view of the repositories that lists some of `namespace`, or null. */
async function findView(namespace: string): Promise<"shared" | "public" | null> {
  for (const view of ["shared", "public"] as const) {
    const { items } = await body(
      api.GET("/api/v1/repositories", { params: { query: { view, namespace, limit: 1 } } }),
    );
    if (items.length > 0) {
      return view;
    }
  }
  return null;
}
