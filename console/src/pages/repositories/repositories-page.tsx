import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";
import { useIsAdmin } from "../../parts/access/admin";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import { useQueryValues, withChange } from "../../parts/page/url";
import { type RepositoryAction, type View, VIEWS } from "./repository";
import { RepositoryList } from "./repository-list";

const RepositoryDialog = lazyDialog(() => import("./repository-dialog"));

/** The repositories that the account may see, with a tab for each view. */
export default function RepositoriesPage(): ReactNode {
  const { say } = useWords();
  const [values] = useQueryValues();
  const [action, setAction] = useState<RepositoryAction | null>(null);
  const isAdmin = useIsAdmin();
  const currentView: View = VIEWS.find((view) => view === values.view) ?? "own";
  const createButton = (
    <Button type="primary" onClick={() => setAction({ kind: "create" })}>
      {say("repositories.create")}
    </Button>
  );
  return (
    <Page title={say("repositories.title")} actions={createButton}>
      <nav className="tabs" aria-label={say("repositories.views")}>
        {VIEWS.map((view) => (
          <Link
            key={view}
            href={`/repositories${withChange("", { view: view === "own" ? "" : view })}`}
            aria-current={view === currentView ? "page" : undefined}
          >
            {say(view === "own" && isAdmin ? "repositories.all" : `repositories.${view}`)}
          </Link>
        ))}
      </nav>
      <RepositoryList key={currentView} view={currentView} onAction={setAction} />
      {action && (
        <RepositoryDialog
          action={action}
          namespace={values.namespace}
          onClose={() => setAction(null)}
        />
      )}
    </Page>
  );
}
