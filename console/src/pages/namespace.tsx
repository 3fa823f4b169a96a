import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { api, body } from "../api/client";
import { useWords } from "../i18n";
import { bytes, count, moment } from "../parts/format";
import { Card, Facts, Page } from "../parts/page";
import { Failed, Loading } from "../parts/states";
import { Grants } from "./grants";
import type { NamespaceAction } from "./namespaces";
import { RepositoryList } from "./repositories";
import { lazyPart } from "../parts/lazy";

const Dialog = lazyPart(() => import("./namespace-dialogs"));

export default function Namespace({ name }: { name: string }): ReactNode {
  const { say, locale } = useWords();
  const [action, setAction] = useState<NamespaceAction | null>(null);
  const [, navigate] = useLocation();
  const query = useQuery({
    queryKey: ["namespaces", "one", name],
    queryFn: () => body(api.GET("/api/v1/namespaces/{namespace}", { params: { path: { namespace: name } } })),
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isError) {
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
          <Button onClick={() => setAction({ kind: "change", namespace })}>{say("common.change")}</Button>
          <Button danger onClick={() => setAction({ kind: "delete", namespace })}>
            {say("common.delete")}
          </Button>
        </>
      }
    >
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
        <Suspense>
          <Dialog action={action} onClose={() => setAction(null)} onDeleted={() => navigate("/namespaces", { replace: true })} />
        </Suspense>
      )}
    </Page>
  );
}
