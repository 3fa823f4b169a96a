import { Alert, Button, Input } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { session } from "../api/session";
import { LanguageSwitch } from "../app/language";
import { useWords } from "../i18n";
import icon from "../icon.svg";
import { problemText } from "../parts/feedback/problem-text";

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
  useEffect(() => {
    document.title = `${say("signIn.title")} · ${say("app.product")}`;
  }, [say]);

  async function submit(event: { preventDefault: () => void }): Promise<void> {
    event.preventDefault();
    if (username === "" || password === "") {
      setProblem(say("rule.required"));
      return;
    }
    setSubmitting(true);
    setProblem(null);
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
        <div role="alert">
          {problem !== null && <Alert type="error" showIcon title={problem} role="presentation" />}
        </div>
        {ended && problem === null && <Alert type="info" showIcon title={say("signIn.ended")} />}
        <label>
          {say("signIn.username")}
          <Input
            size="large"
            name="username"
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </label>
        <label>
          {say("common.password")}
          <Input
            size="large"
            type="password"
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <Button type="primary" size="large" htmlType="submit" block loading={submitting}>
          {say("signIn.submit")}
        </Button>
      </form>
    </main>
  );
}
