import type { ReactNode } from "react";

/** A word with a mark beside it: the word says it, the colour only helps. */
export function Status({
  tone,
  text,
}: {
  tone: "good" | "quiet" | "warning" | "bad";
  text: string;
}): ReactNode {
  return <span className={`status ${tone}`}>{text}</span>;
}
