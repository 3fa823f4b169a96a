import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { useNow } from "./clock";
import { formatExactTime, formatRelativeTime, formatTime } from "./format";

/** A relative time, such as `3 hours ago`; a tooltip shows the exact time. Null means never. */
export function RelativeTime({ at }: { at: string | null }): ReactNode {
  const { say, locale } = useWords();
  const now = useNow();
  if (at === null) {
    return say("common.never");
  }
  return (
    <time dateTime={at} title={formatExactTime(at, locale)}>
      {formatRelativeTime(at, locale, now) ?? say("common.justNow")}
    </time>
  );
}

/** The time at which a credential expires or has expired. Null means that it never expires. */
export function Expiry({ at }: { at: string | null }): ReactNode {
  const { say, locale } = useWords();
  const now = useNow();
  if (at === null) {
    return say("tokens.neverExpires");
  }
  const expired = Date.parse(at) <= now;
  const time = formatTime(at, locale);
  return (
    <time
      dateTime={at}
      title={formatExactTime(at, locale)}
      className={expired ? "expired" : undefined}
    >
      {expired ? say("tokens.expired", { time }) : time}
    </time>
  );
}
