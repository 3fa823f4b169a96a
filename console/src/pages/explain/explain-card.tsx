import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Select } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body, type Model } from "../../api/client";
import { useWords } from "../../i18n";
import { problemText } from "../../parts/feedback/problem-text";
import { Card } from "../../parts/page/page";

interface Question {
  docker_user: string;
  repository: string;
  action: "pull" | "push" | "delete";
}

interface Props {
  /** Fixes the Docker user of the question. */
  dockerUser?: string;
  /** Begins the repository of the question. */
  namespace?: string;
}

/** Answers why a Docker user may or may not do something, with a link to what changes it. */
export default function ExplainCard({ dockerUser, namespace }: Props): ReactNode {
  const { say, locale } = useWords();
  const answer = useMutation({
    mutationFn: (question: Question) => {
      const query = { ...question, docker_user: question.docker_user || null };
      return body(api.GET("/api/v1/access/explain", { params: { query } }));
    },
  });
  const required = [{ required: true, whitespace: true, message: say("rule.required") }];
  return (
    <Card title={say("explain.title")} text={say("explain.text")}>
      <Form<Question>
        className="explain"
        layout="vertical"
        name="explain"
        requiredMark={false}
        initialValues={{
          docker_user: dockerUser ?? "",
          repository: namespace === undefined ? "" : `${namespace}/`,
          action: "pull",
        }}
        onFinish={(question) => answer.mutate(question)}
      >
        {dockerUser === undefined ? (
          <Form.Item name="docker_user" label={say("explain.user")}>
            <Input autoComplete="off" autoCapitalize="none" spellCheck={false} />
          </Form.Item>
        ) : (
          <Form.Item name="docker_user" hidden>
            <Input />
          </Form.Item>
        )}
        <Form.Item name="repository" label={say("repositories.repository")} rules={required}>
          <Input
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            placeholder="team/app"
          />
        </Form.Item>
        <Form.Item name="action" label={say("explain.action")}>
          <Select
            options={(["pull", "push", "delete"] as const).map((value) => ({
              value,
              label: say(`explain.action.${value}`),
            }))}
          />
        </Form.Item>
        <Button htmlType="submit" loading={answer.isPending}>
          {say("explain.submit")}
        </Button>
      </Form>
      <div role="status">
        {answer.error !== null && (
          <Alert
            type="error"
            showIcon
            title={problemText(answer.error, say, locale)}
            role="presentation"
          />
        )}
        {answer.data && <Explanation explanation={answer.data} question={answer.variables} />}
      </div>
    </Card>
  );
}

function Explanation({
  explanation: { allowed, rule },
  question: { docker_user, repository },
}: {
  explanation: Model<"ExplanationOut">;
  question: Question;
}): ReactNode {
  const { say } = useWords();
  const namespace = repository.split("/")[0] ?? "";
  const fix =
    rule === "user_disabled"
      ? { href: `/docker-users/${docker_user}`, text: say("explain.toUser") }
      : rule === "name_reserved"
        ? null
        : { href: `/namespaces/${namespace}`, text: say("explain.toGrants") };
  return (
    <Alert
      type={allowed ? "success" : "warning"}
      showIcon
      role="presentation"
      title={say(allowed ? "explain.allowed" : "explain.denied")}
      description={say(`explain.rule.${rule}`, { user: docker_user, namespace, repository })}
      action={!allowed && fix !== null && <Link href={fix.href}>{fix.text}</Link>}
    />
  );
}
