import {
  AppstoreOutlined,
  AuditOutlined,
  DashboardOutlined,
  DatabaseOutlined,
  DeleteOutlined,
  KeyOutlined,
  MenuOutlined,
  NodeIndexOutlined,
  RocketOutlined,
  TeamOutlined,
  UserOutlined,
} from "@ant-design/icons";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Account } from "../api/session";
import { session } from "../api/session";
import { useWords } from "../i18n";
import icon from "../icon.svg";
import { lazyPart } from "../parts/page/lazy";
import { LanguageSwitch } from "./language";

const StorageWarning = lazyPart(() => import("../pages/storage/storage-warning"));

/** The frame of every page after signing in: header, menu, and main area. */
export default function Shell({
  account,
  children,
}: {
  account: Account;
  children: ReactNode;
}): ReactNode {
  const { say } = useWords();
  const [open, setOpen] = useState(false);
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const menuButton = useRef<HTMLButtonElement>(null);
  const previousPath = useRef(path);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        setOpen(false);
        menuButton.current?.focus();
      }
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [open]);
  useEffect(() => {
    if (previousPath.current === path) {
      return;
    }
    previousPath.current = path;
    setOpen(false);
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true }); // screen readers continue in the new page
  }, [path]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {say("app.skip")}
      </a>
      <header className="bar">
        <button
          ref={menuButton}
          type="button"
          className="menu-button"
          aria-expanded={open}
          aria-controls="menu"
          aria-label={say("app.menu")}
          onClick={() => setOpen(!open)}
        >
          <MenuOutlined />
        </button>
        <Link href="/" className="brand" aria-label="Moorage">
          <img src={icon} alt="" width="26" height="26" />
          <span>Moorage</span>
        </Link>
        <span className="grow" />
        <LanguageSwitch />
        <Link
          href="/account"
          className="who"
          title={say("app.account")}
          aria-label={`${say("app.account")}: ${account.username}`}
        >
          <UserOutlined aria-hidden="true" /> <span>{account.username}</span>
        </Link>
        <button
          type="button"
          className="sign-out"
          onClick={() => void session.signOut().catch(() => undefined)}
        >
          {say("app.signOut")}
        </button>
      </header>
      <nav id="menu" className={open ? "menu open" : "menu"} aria-label={say("app.menu")}>
        <p>{say("app.product")}</p>
        <MenuLink href="/repositories" icon={<DatabaseOutlined />} text={say("nav.repositories")} />
        <MenuLink href="/namespaces" icon={<AppstoreOutlined />} text={say("nav.namespaces")} />
        <MenuLink href="/docker-users" icon={<TeamOutlined />} text={say("nav.dockerUsers")} />
        <hr />
        <MenuLink href="/first-steps" icon={<RocketOutlined />} text={say("nav.firstSteps")} />
        <MenuLink href="/account/api-keys" icon={<KeyOutlined />} text={say("nav.apiKeys")} />
        <MenuLink href="/trash" icon={<DeleteOutlined />} text={say("nav.trash")} />
        <MenuLink href="/activity" icon={<AuditOutlined />} text={say("nav.activity")} />
        {account.role === "admin" && (
          <>
            <p>{say("nav.administration")}</p>
            <MenuLink href="/overview" icon={<DashboardOutlined />} text={say("nav.overview")} />
            <MenuLink href="/accounts" icon={<UserOutlined />} text={say("nav.accounts")} />
            <MenuLink href="/pipeline" icon={<NodeIndexOutlined />} text={say("nav.pipeline")} />
          </>
        )}
        <hr />
        <a href="/docs">{say("app.apiDocs")}</a>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <StorageWarning />
        {children}
      </main>
    </div>
  );
}

function MenuLink({
  href,
  icon,
  text,
}: {
  href: string;
  icon: ReactNode;
  text: string;
}): ReactNode {
  const [path] = useLocation();
  const current = path === href || path.startsWith(`${href}/`);
  return (
    <Link href={href} aria-current={current ? "page" : undefined}>
      <span aria-hidden="true">{icon}</span> {text}
    </Link>
  );
}
