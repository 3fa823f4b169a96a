import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { Empty } from "../../parts/feedback/states";
import { SearchBox } from "../../parts/filters/search-box";
import { Page } from "../../parts/page/page";
import { useQueryValues } from "../../parts/page/url";
import { ResourceList } from "../../parts/tables/resource-list";
import { formatTime } from "../../parts/text/format";
import { actionText } from "./action-text";
import { changeTexts } from "./changes-text";
import { dayStart } from "./day";
import { targetName } from "./target-name";
import { targetObject, targetPage } from "./target-page";
import { viaText, whoText } from "./who-text";

type AuditEntry = Model<"AuditEntryOut">;

/** The kinds of objects to filter by; an action begins with the kind: `grant.push`. */
const KINDS = [
  "namespace",
  "repository",
  "image",
  "blob",
  "docker_user",
  "grant",
  "token",
  "rules",
  "retention",
  "trash",
  "refresh_token",
  "api_key",
  "session",
  "login",
  "account",
  "garbage_collection",
] as const;

/** The audit trail. */
export default function ActivityPage(): ReactNode {
  const { say, locale } = useWords();
  const [values, changeValues] = useQueryValues();
  const { action = "", target = "", from = "", to = "" } = values;
  return (
    <Page title={say("activity.title")} text={say("activity.text")}>
      <ResourceList<AuditEntry>
        label={say("activity.title")}
        queryKey={["audit", action, target, from, to]}
        fetchPage={({ cursor, limit, account }) => {
          const query = {
            cursor,
            limit,
            account,
            action: action || null,
            target: target || null,
            from: dayStart(from, 0),
            to: dayStart(to, 1),
          };
          return body(api.GET("/api/v1/audit", { params: { query } }));
        }}
        byAccount
        rowKey={(row) =>
          [
            row.at,
            row.action,
            row.target,
            row.account,
            row.docker_user,
            row.client_address,
            row.occurrences,
            JSON.stringify(row.changes),
          ].join(" ")
        }
        filters={
          <>
            <select
              aria-label={say("activity.filter")}
              value={action}
              onChange={(event) => changeValues({ action: event.target.value })}
            >
              <option value="">{say("activity.all")}</option>
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {say(`activity.noun.${kind}`)}
                </option>
              ))}
            </select>
            <SearchBox
              label={say("activity.searchTarget")}
              value={target}
              onSearch={(text) => changeValues({ target: text }, { replace: true })}
            />
            <DayField
              label={say("activity.from")}
              value={from}
              onChange={(day) => changeValues({ from: day })}
            />
            <DayField
              label={say("activity.to")}
              value={to}
              onChange={(day) => changeValues({ to: day })}
            />
          </>
        }
        filtered={[action, target, from, to].some((value) => value !== "")}
        clear={{ action: "", target: "", from: "", to: "" }}
        columns={[
          { key: "what", title: say("activity.what"), cell: (row) => <What entry={row} /> },
          { key: "target", title: say("activity.target"), cell: (row) => <Target entry={row} /> },
          { key: "who", title: say("activity.who"), cell: (row) => whoText(row, say) },
          { key: "via", title: say("activity.via"), cell: (row) => viaText(row, say) },
          {
            key: "address",
            title: say("activity.address"),
            cell: (row) => row.client_address ?? "–",
          },
          { key: "at", title: say("activity.at"), cell: (row) => formatTime(row.at, locale) },
        ]}
        empty={<Empty title={say("activity.empty")} text={say("activity.empty.text")} />}
      />
    </Page>
  );
}

interface DayFieldProps {
  label: string;
  /** `2026-11-27`, or empty. */
  value: string;
  onChange: (day: string) => void;
}

function DayField({ label, value, onChange }: DayFieldProps): ReactNode {
  return (
    <label className="day-field">
      {label}
      <input type="date" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

function What({ entry }: { entry: AuditEntry }): ReactNode {
  const { say } = useWords();
  const action = actionText(entry.action, say);
  return (
    <div className="name-cell">
      {entry.occurrences > 1
        ? say("activity.times", { action, times: String(entry.occurrences) })
        : action}
      {changeTexts(entry.changes, say).map((text) => (
        <p className="row-text" key={text}>
          {text}
        </p>
      ))}
    </div>
  );
}

function Target({ entry }: { entry: AuditEntry }): ReactNode {
  const { say } = useWords();
  const target = targetObject(entry.action, entry.target);
  const page = targetPage(entry.action, target);
  const name = targetName(target, entry.changes, say) ?? "–";
  const owner = entry.owner === entry.account || entry.owner === name ? null : entry.owner;
  return (
    <div className="name-cell">
      {page === null ? name : <Link href={page}>{name}</Link>}
      {owner !== null && <p className="row-text">{say("activity.ownedBy", { account: owner })}</p>}
    </div>
  );
}
