import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Card, Facts, Page } from "../../parts/page/page";
import { formatTime } from "../../parts/text/format";
import { StorageCard } from "../storage/storage-card";

const OwnAccountDialog = lazyDialog(() => import("./own-account-dialog"));

/** The signed-in account: its password, its sessions, and a link to its API keys. */
export default function OwnAccountPage(): ReactNode {
  const { say, locale } = useWords();
  const [action, setAction] = useState<"password" | "signOut" | null>(null);
  const query = useQuery({
    queryKey: ["account"],
    queryFn: () => body(api.GET("/api/v1/account")),
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const account = query.data;
  return (
    <Page title={say("account.title")}>
      <Card
        title={account.username}
        actions={<Button onClick={() => setAction("password")}>{say("account.password")}</Button>}
      >
        <Facts
          facts={[
            [
              say("account.role"),
              say(account.role === "admin" ? "accounts.role.admin" : "accounts.role.member"),
            ],
            [say("common.created"), formatTime(account.created_at, locale)],
          ]}
        />
      </Card>
      <StorageCard storage={account} />
      <Card title={say("account.sessions")} text={say("app.signOutEverywhere.text")}>
        <Button danger onClick={() => setAction("signOut")}>
          {say("app.signOutEverywhere")}
        </Button>
      </Card>
      <Card title={say("apiKeys.title")} text={say("apiKeys.text")}>
        <Link href="/account/api-keys">{say("apiKeys.show")}</Link>
      </Card>
      {action && (
        <OwnAccountDialog
          username={account.username}
          action={action}
          onClose={() => setAction(null)}
        />
      )}
    </Page>
  );
}
