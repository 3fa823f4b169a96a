import { type ReactNode, useSyncExternalStore } from "react";
import { connection } from "../api/connection";
import { useWords } from "../i18n";
import { notice } from "../parts/feedback/notice";

/** Shows a bar at the bottom of the page while the connection is lost. */
export function LostConnection(): ReactNode {
  const { say } = useWords();
  const lost = useSyncExternalStore(connection.subscribe, connection.isLost);
  return <div role="alert">{lost && <div className="lost">{say("app.connectionLost")}</div>}</div>;
}

/** Shows the current notice, for example "Saved.", and announces it to screen readers. */
export function Notice(): ReactNode {
  const text = useSyncExternalStore(notice.subscribe, notice.text);
  return <div role="status">{text !== "" && <div className="notice">{text}</div>}</div>;
}
