import { Alert, Button } from "antd";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { problemText } from "./problem-text";

/** Gray lines in place of content that still loads. */
export function Loading({ lines = 6 }: { lines?: number }): ReactNode {
  const { say } = useWords();
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{say("common.loading")}</span>
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((line) => (
        <div key={line} className="loading-line" />
      ))}
    </div>
  );
}

interface FailedProps {
  error: unknown;
  retry: () => void;
}

/** Explains why content did not load, with a button that retries. A 404 shows `NotFound`. */
export function Failed({ error, retry }: FailedProps): ReactNode {
  const { say, locale } = useWords();
  if (isNotFound(error)) {
    return <NotFound />;
  }
  return (
    <Alert
      type="error"
      showIcon
      title={say("error.loading")}
      description={problemText(error, say, locale)}
      action={<Button onClick={retry}>{say("common.retry")}</Button>}
    />
  );
}

/** The page for an address that leads to no object that the account may see. */
export function NotFound(): ReactNode {
  const { say } = useWords();
  useEffect(() => {
    document.title = `${say("notFound.title")} · ${say("app.product")}`;
  }, [say]);
  return (
    <Empty title={say("notFound.title")} text={say("notFound.text")}>
      <Link href="/repositories" className="link-button">
        {say("notFound.back")}
      </Link>
    </Empty>
  );
}

interface EmptyProps {
  title: string;
  text: string;
  children?: ReactNode;
}

/** Explains an empty list. The children offer the next step, such as a create button. */
export function Empty({ title, text, children }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <svg viewBox="0 0 64 48" width="72" height="54" aria-hidden="true" className="empty-picture">
        <path d="M8 30h48l-5 13H13z M18 30V18h10v12 M30 30V12h10v18 M42 30V20h8v10" />
      </svg>
      <p className="empty-title">{title}</p>
      <p className="empty-text">{text}</p>
      {children}
    </div>
  );
}
