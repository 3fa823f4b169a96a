import type { ReactNode } from "react";

interface Props {
  tone: "good" | "quiet" | "warning" | "bad";
  text: string;
}

/** A status as a word with a colored mark. The word alone carries the meaning. */
export function Status({ tone, text }: Props): ReactNode {
  return <span className={`status ${tone}`}>{text}</span>;
}
