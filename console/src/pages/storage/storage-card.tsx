import type { ReactNode } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";
import { Card, Facts } from "../../parts/page/page";
import { formatBytes } from "../../parts/text/format";
import type { Storage } from "./storage";
import { StorageBar } from "./storage-bar";

/** What the signed-in account stores, and its quota. */
export function StorageCard({ storage }: { storage: Storage }): ReactNode {
  const { say, locale } = useWords();
  const quota = storage.storage_quota_bytes;
  return (
    <Card title={say("storage.title")} text={say("storage.text")}>
      {quota !== null && <StorageBar storage={storage} />}
      {storage.storage_state !== "ok" && (
        <p className={`storage-note ${storage.storage_state}`}>
          {say(`storage.${storage.storage_state}`)}
        </p>
      )}
      <Facts
        facts={[
          [say("storage.used"), formatBytes(storage.storage_used_bytes, locale)],
          [say("storage.quota"), quota === null ? say("storage.none") : formatBytes(quota, locale)],
          ...(quota === null
            ? []
            : ([
                [
                  say("storage.free"),
                  formatBytes(Math.max(0, quota - storage.storage_used_bytes), locale),
                ],
              ] as [string, string][])),
          [say("storage.trash"), formatBytes(storage.storage_trash_bytes, locale)],
        ]}
      />
      <p className="card-link">
        <Link href="/namespaces">{say("storage.namespaces")}</Link>
      </p>
    </Card>
  );
}
