import i18next from "i18next";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { type Key, type Say, useWords } from "../../i18n";
import { moment } from "../../parts/text/format";
import { ResourceList } from "../../parts/tables/resource-list";
import { Page } from "../../parts/page/page";
import { SearchBox } from "../../parts/filters/search-box";
import { Empty } from "../../parts/feedback/states";
import { targetPage, useUrlValues } from "../../parts/page/url";

type Entry = Model<"AuditEntryOut">;

const NOUNS = [
  "namespace",
  "repository",
  "image",
  "docker_user",
  "grant",
  "token",
  "api_key",
  "session",
  "login",
  "account",
] as const;

/** An action of the audit trail in words; one that this console does not know is shown as it is. */
export function actionText(action: string, say: Say): string {
  const key = `activity.do.${action}`;
  return i18next.exists(key) ? say(key as Key) : action;
}

export default function Activity(): ReactNode {
  const { say, locale } = useWords();
  const [values, change] = useUrlValues();
  const { action = "", target = "" } = values;
  return (
    <Page title={say("activity.title")} text={say("activity.text")}>
      <ResourceList<Entry>
        label={say("activity.title")}
        queryKey={["audit", action, target]}
        fetchPage={({ cursor, limit, account }) =>
          body(
            api.GET("/api/v1/audit", {
              params: {
                query: {
                  cursor,
                  limit,
                  account,
                  action: action || undefined,
                  target: target || undefined,
                } as never,
              },
            }),
          )
        }
        byAccount
        rowKey={(row) =>
          [row.at, row.action, row.target, row.account, row.client_address].join(" ")
        }
        filters={
          <>
            <select
              aria-label={say("activity.filter")}
              value={action}
              onChange={(event) => change({ action: event.target.value })}
            >
              <option value="">{say("activity.all")}</option>
              {NOUNS.map((noun) => (
                <option key={noun} value={noun}>
                  {say(`activity.noun.${noun}`)}
                </option>
              ))}
            </select>
            <SearchBox
              label={say("activity.searchTarget")}
              value={target}
              onSearch={(text) => change({ target: text }, { replace: true })}
            />
          </>
        }
        filtered={action !== "" || target !== ""}
        clear={{ action: "", target: "" }}
        columns={[
          { key: "what", title: say("activity.what"), cell: (row) => actionText(row.action, say) },
          { key: "target", title: say("activity.target"), cell: (row) => <Target entry={row} /> },
          { key: "who", title: say("activity.who"), cell: (row) => row.account ?? "–" },
          {
            key: "address",
            title: say("activity.address"),
            cell: (row) => row.client_address ?? "–",
          },
          { key: "at", title: say("activity.at"), cell: (row) => moment(row.at, locale) },
        ]}
        empty={<Empty title={say("activity.empty")} text={say("activity.empty.text")} />}
      />
    </Page>
  );
}

function Target({ entry }: { entry: Entry }): ReactNode {
  const page = targetPage(entry.action, entry.target);
  return (
    <span className="name-cell">
      {page === null ? entry.target : <Link href={page}>{entry.target}</Link>}
    </span>
  );
}
