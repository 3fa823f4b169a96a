import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { Status } from "../../parts/feedback/status";
import type { Repository } from "./repository";

const TONES = { empty: "quiet", active: "good", deleting: "warning" } as const;

/** Shows whether a repository is empty, active, or being deleted. */
export function RepositoryStatus({ status }: { status: Repository["status"] }): ReactNode {
  const { say } = useWords();
  return <Status tone={TONES[status]} text={say(`repositories.status.${status}`)} />;
}
