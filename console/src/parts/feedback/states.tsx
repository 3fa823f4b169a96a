import { Alert, Button } from "antd";
import { Component, type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { problemText } from "./problem-text";

/** Grey lines where content will be. */
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

/** What went wrong, with a way to go on. */
export function Failed({
  error,
  retry,
}: {
  error: unknown;
  retry?: (() => void) | undefined;
}): ReactNode {
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
      action={retry && <Button onClick={retry}>{say("common.retry")}</Button>}
    />
  );
}

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

/** Nothing is there: why, and what to do about it. */
export function Empty({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}): ReactNode {
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

/** Keeps what broke in one page from taking the menu with it. */
export class Boundary extends Component<
  { children: ReactNode; words: { title: string; button: string } },
  { broken: boolean }
> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) {
      return this.props.children;
    }
    const { title, button } = this.props.words;
    return (
      <Alert
        type="error"
        showIcon
        title={title}
        action={<Button onClick={() => window.location.reload()}>{button}</Button>}
      />
    );
  }
}
