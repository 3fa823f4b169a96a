import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { formatBytes } from "../../parts/text/format";
import { type Storage, usedPercent } from "./storage";

/** The used storage as a text, and as a bar if the account has a quota. */
export function StorageBar({ storage }: { storage: Storage }): ReactNode {
  const { say, locale } = useWords();
  const used = formatBytes(storage.storage_used_bytes, locale);
  if (storage.storage_quota_bytes === null) {
    return <span>{say("storage.withoutQuota", { used })}</span>;
  }
  const percent = usedPercent(storage);
  const text = say("storage.ofQuota", {
    used,
    quota: formatBytes(storage.storage_quota_bytes, locale),
    percent,
  });
  return (
    <div className={`storage ${storage.storage_state}`}>
      <div
        className="storage-bar"
        role="meter"
        aria-label={say("storage.title")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <span>{text}</span>
    </div>
  );
}
