import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";

interface PageProps {
  title: string;
  /** Links to the pages that contain this one, from the outermost inwards. */
  breadcrumbs?: { href: string; text: string }[];
  text?: string;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page with its heading. It also sets the title of the browser's tab. */
export function Page({ title, breadcrumbs, text, actions, children }: PageProps): ReactNode {
  const { say } = useWords();
  useEffect(() => {
    document.title = `${title} · ${say("app.product")}`;
  }, [title, say]);
  return (
    <>
      <header className="page-head">
        <div className="page-title">
          {breadcrumbs && (
            <nav className="above" aria-label={say("common.pages")}>
              {breadcrumbs.map(({ href, text }) => (
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

interface CardProps {
  title: string;
  text?: string;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A section of a page. */
export function Card({ title, text, actions, children }: CardProps): ReactNode {
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

/** On a phone, a longer value takes a line of its own. */
const WIDE_VALUE_CHARACTERS = 24;

/** The properties of one object, as names and values. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div
          key={name}
          className={
            typeof value === "string" && value.length > WIDE_VALUE_CHARACTERS ? "wide" : undefined
          }
        >
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
