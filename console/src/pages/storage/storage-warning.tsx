import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { formatBytes } from "../../parts/text/format";
import { usedPercent } from "./storage";

const REFRESH_MILLISECONDS = 60_000;

/** Warns on every page if the account has used 80 % of its quota or more. */
export default function StorageWarning(): ReactNode {
  const { say, locale } = useWords();
  const query = useQuery({
    queryKey: ["account"],
    queryFn: () => body(api.GET("/api/v1/account")),
    refetchInterval: REFRESH_MILLISECONDS,
  });
  const storage = query.data;
  if (!storage || storage.storage_quota_bytes === null || storage.storage_state === "ok") {
    return null;
  }
  return (
    <Alert
      className="banner"
      type={storage.storage_state === "warning" ? "warning" : "error"}
      showIcon
      title={say("storage.ofQuota", {
        used: formatBytes(storage.storage_used_bytes, locale),
        quota: formatBytes(storage.storage_quota_bytes, locale),
        percent: usedPercent(storage),
      })}
      description={
        <>
          {say(`storage.${storage.storage_state}`)}{" "}
          <Link className="inline-link" href="/account">
            {say("storage.view")}
          </Link>
        </>
      }
    />
  );
}
