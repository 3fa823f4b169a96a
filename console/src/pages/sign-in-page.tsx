import { Alert, Button, Input } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { session } from "../api/session";
import { LanguageSwitch } from "../app/language";
import { useWords } from "../i18n";
import icon from "../icon.svg";
import { problemText } from "../parts/feedback/problem-text";
import { isPlainRemote } from "../parts/text/commands";

interface Props {
  /** Whether a session has just ended. The page then says so. */
  ended: boolean;
}

/** The sign-in page. After sign-in, the app redirects to the page that the user requested. */
export default function SignInPage({ ended }: Props): ReactNode {
  const { say, locale } = useWords();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [submitting, setSubmitting] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [checked, setChecked] = useState(false);
  useEffect(() => {
    document.title = `${say("signIn.title")} · ${say("app.product")}`;
  }, [say]);

  async function submit(event: { preventDefault: () => void }): Promise<void> {
    event.preventDefault();
    setProblem(null);
    setChecked(true);
    const missing = username === "" ? "username" : password === "" ? "password" : null;
    if (missing !== null) {
      document.getElementById(missing)?.focus();
      return;
    }
    setSubmitting(true);
    try {
      await session.signIn(username.trim(), password);
    } catch (error) {
      setProblem(problemText(error, say, locale));
      setSubmitting(false);
    }
  }

  return (
    <main className="full-page">
      <div className="sign-in-languages">
        <LanguageSwitch />
      </div>
      <form className="sign-in-form" onSubmit={(event) => void submit(event)} noValidate>
        <p className="sign-in-brand">
          <img src={icon} alt="" width="40" height="40" /> Moorage <span>{say("app.product")}</span>
        </p>
        <h1>{say("signIn.title")}</h1>
        <p className="page-text">{say("signIn.text")}</p>
        <div role="alert" id="sign-in-problem">
          {problem !== null && <Alert type="error" showIcon title={problem} role="presentation" />}
        </div>
        {isPlainRemote(window.location) && (
          <Alert type="warning" showIcon title={say("signIn.plainHttp")} role="note" />
        )}
        {ended && problem === null && <Alert type="info" showIcon title={say("signIn.ended")} />}
        <div>
          <label htmlFor="username">{say("signIn.username")}</label>
          <Input
            size="large"
            name="username"
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            {...stateOf("username", checked && username === "", problem !== null)}
          />
          {checked && username === "" && <Missing field="username" />}
        </div>
        <div>
          <label htmlFor="password">{say("common.password")}</label>
          <Input
            size="large"
            type="password"
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            {...stateOf("password", checked && password === "", problem !== null)}
          />
          {checked && password === "" && <Missing field="password" />}
        </div>
        <Button type="primary" size="large" htmlType="submit" block loading={submitting}>
          {say("signIn.submit")}
        </Button>
        <details className="sign-in-help">
          <summary>{say("signIn.forgotten")}</summary>
          <p>{say("signIn.askAdministrator")}</p>
          <p>{say("signIn.administrator")}</p>
          <pre>
            <code>moorage admin reset-password admin</code>
          </pre>
          <p>{say("signIn.dockerUser")}</p>
        </details>
      </form>
    </main>
  );
}

type Field = "username" | "password";

/** Ties a field to the text that says what is wrong with it. */
function stateOf(field: Field, missing: boolean, refused: boolean) {
  return {
    id: field,
    status: missing ? ("error" as const) : "",
    "aria-invalid": missing || refused,
    "aria-describedby": missing ? `${field}-missing` : refused ? "sign-in-problem" : undefined,
  } as const;
}

function Missing({ field }: { field: Field }): ReactNode {
  const { say } = useWords();
  return (
    <p className="field-error" id={`${field}-missing`}>
      {say("rule.required")}
    </p>
  );
}
