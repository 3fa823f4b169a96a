import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";

interface Props {
  title: string;
  /** Where it belongs: shown above the title. */
  above?: { href: string; text: string }[];
  text?: string | undefined;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, above, text, actions, children }: Props): ReactNode {
  const { say } = useWords();
  useEffect(() => {
    document.title = `${title} · ${say("app.product")}`;
  }, [title, say]);
  return (
    <>
      <header className="page-head">
        <div className="page-title">
          {above && (
            <nav className="above" aria-label={say("common.pages")}>
              {above.map(({ href, text }) => (
                <span key={href}>
                  <Link href={href}>{text}</Link> <span aria-hidden="true">/</span>{" "}
                </span>
              ))}
            </nav>
          )}
          <h1 tabIndex={-1}>{title}</h1>
          {text && <p className="page-text">{text}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({
  title,
  text,
  actions,
  children,
}: {
  title: string;
  text?: string;
  actions?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <div>
          <h2>{title}</h2>
          {text && <p className="page-text">{text}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** A value of more characters than this takes a line of its own on a phone. */
const WIDE = 24;

/** Names and values of one thing. */
export function Facts({ facts }: { facts: [string, ReactNode][] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div
          key={name}
          className={typeof value === "string" && value.length > WIDE ? "wide" : undefined}
        >
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
