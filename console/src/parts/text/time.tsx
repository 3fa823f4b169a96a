import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { useNow } from "./clock";
import { exactMoment, moment, relativeMoment } from "./format";

/** How long ago something was; the exact time shows under the pointer. */
export function Ago({ at }: { at: string | null }): ReactNode {
  const { say, locale } = useWords();
  const now = useNow();
  if (at === null) {
    return say("common.never");
  }
  return (
    <time dateTime={at} title={exactMoment(at, locale)}>
      {relativeMoment(at, locale, now) ?? say("common.justNow")}
    </time>
  );
}

/** Until when something is good; what is over by now says so. */
export function Ends({ at }: { at: string | null }): ReactNode {
  const { say, locale } = useWords();
  const now = useNow();
  if (at === null) {
    return say("tokens.forever");
  }
  const over = Date.parse(at) <= now;
  return (
    <time dateTime={at} title={exactMoment(at, locale)} className={over ? "over" : undefined}>
      {over ? say("tokens.over", { time: moment(at, locale) }) : moment(at, locale)}
    </time>
  );
}

/** When a secret was used last, and from which address. */
export function LastUsed({ at, from }: { at: string | null; from: string | null }): ReactNode {
  const { say } = useWords();
  return (
    <>
      <Ago at={at} />
      {at !== null && from !== null && (
        <div className="quiet">{say("tokens.from", { address: from })}</div>
      )}
    </>
  );
}
