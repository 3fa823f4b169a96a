import { type ReactNode, useSyncExternalStore } from "react";
import { connection } from "../api/connection";
import { useWords } from "../i18n";

export function LostConnection(): ReactNode {
  const { say } = useWords();
  const lost = useSyncExternalStore(connection.subscribe, connection.isLost);
  return <div role="alert">{lost && <div className="lost">{say("app.lost")}</div>}</div>;
}
