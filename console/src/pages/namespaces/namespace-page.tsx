import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../../api/client";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { bytes, count, moment } from "../../parts/text/format";
import { Card, Facts, Page } from "../../parts/page/page";
import { Failed, Loading, NotFound } from "../../parts/feedback/states";
import { Grants } from "../grants/grants-card";
import type { NamespaceAction } from "./namespaces-page";
import { RepositoryList } from "../repositories/repositories-page";
import { lazyPart } from "../../parts/page/lazy";

const Dialog = lazyPart(() => import("./namespace-dialog"));

export default function Namespace({ name }: { name: string }): ReactNode {
  const { say, locale } = useWords();
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
    return <OthersNamespace name={name} />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const namespace = query.data;
  return (
    <Page
      title={name}
      above={[{ href: "/namespaces", text: say("namespaces.title") }]}
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
      <Card title={say("repository.overview")}>
        <Facts
          facts={[
            [say("visibility.label"), say(`visibility.${namespace.visibility}`)],
            [say("namespaces.repositories"), count(namespace.repository_count, locale)],
            [say("repositories.pulls"), count(namespace.pull_count, locale)],
            [say("repositories.size"), bytes(namespace.size_bytes, locale)],
            [say("common.account"), namespace.account],
            [say("common.created"), moment(namespace.created_at, locale)],
          ]}
        />
      </Card>
      <Grants namespace={name} owner={namespace.account} />
      <Card title={say("repositories.title")}>
        <RepositoryList view="own" namespace={name} />
      </Card>
      {action && (
        <Dialog
          action={action}
          onClose={() => setAction(null)}
          onDeleted={() => navigate("/namespaces", { replace: true })}
        />
      )}
    </Page>
  );
}

/** Another account's namespace: the repositories in it that one may look at. */
function OthersNamespace({ name }: { name: string }): ReactNode {
  const { say } = useWords();
  const query = useQuery({
    queryKey: ["repositories", "visible", name],
    queryFn: async () => {
      for (const view of ["shared", "public"] as const) {
        const { items } = await body(
          api.GET("/api/v1/repositories", {
            params: { query: { view, namespace: name, limit: 1 } },
          }),
        );
        if (items.length > 0) {
          return view;
        }
      }
      return null;
    },
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  if (query.data === null) {
    return <NotFound />;
  }
  return (
    <Page
      title={name}
      above={[
        { href: `/repositories?view=${query.data}`, text: say(`repositories.${query.data}`) },
      ]}
      text={say("namespaces.others")}
    >
      <RepositoryList view={query.data} namespace={name} />
    </Page>
  );
}
