import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { Status } from "../../parts/feedback/status";
import { lazyDialog } from "../../parts/page/lazy";
import { Card } from "../../parts/page/page";
import { ruleText } from "./rule-text";
import { type EffectiveRules, getRules, type Scope } from "./rules";

const RulesDialog = lazyDialog(() => import("./rules-dialog"));
const OwnRulesDialog = lazyDialog(() => import("./own-rules-dialog"));
const PreviewDialog = lazyDialog(() => import("./preview-dialog"));

type Action = "edit" | "remove" | "preview";

/** The rules for the tags of a namespace or a repository: immutable tags, and retention. */
export default function RulesCard({ scope }: { scope: Scope }): ReactNode {
  const { say } = useWords();
  const [action, setAction] = useState<Action | null>(null);
  const query = useQuery({
    queryKey: ["rules", scope.namespace, scope.repository ?? null],
    queryFn: () => getRules(scope),
  });
  const rules = query.data;
  const close = () => setAction(null);
  const isInherited = scope.repository !== undefined && rules?.source !== "repository";
  return (
    <Card
      title={say("rules.title")}
      text={say("rules.text")}
      actions={
        rules && (
          <>
            {rules.retention.length > 0 && (
              <Button onClick={() => setAction("preview")}>{say("rules.preview")}</Button>
            )}
            {rules.source === "repository" && (
              <Button onClick={() => setAction("remove")}>{say("rules.useNamespace")}</Button>
            )}
            <Button onClick={() => setAction("edit")}>
              {say(isInherited ? "rules.override" : "rules.edit")}
            </Button>
          </>
        )
      }
    >
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isLoadingError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <>
          {scope.repository !== undefined && <Source scope={scope} rules={query.data} />}
          <RuleFacts rules={query.data} />
        </>
      )}
      {rules && action === "edit" && (
        <RulesDialog scope={scope} rules={rules} isNew={isInherited} onClose={close} />
      )}
      {rules && action === "preview" && (
        <PreviewDialog scope={scope} rules={rules} onClose={close} />
      )}
      {scope.repository !== undefined && action === "remove" && (
        <OwnRulesDialog namespace={scope.namespace} repository={scope.repository} onClose={close} />
      )}
    </Card>
  );
}

/** Says whose rules apply to a repository. */
function Source({ scope, rules }: { scope: Scope; rules: EffectiveRules }): ReactNode {
  const { say } = useWords();
  if (rules.source === "repository") {
    return <p>{say("rules.source.repository")}</p>;
  }
  return (
    <p>
      {say(rules.source === "namespace" ? "rules.source.namespace" : "rules.source.default")}{" "}
      <Link className="inline-link" href={`/namespaces/${scope.namespace}`}>
        {scope.namespace}
      </Link>
    </p>
  );
}

function RuleFacts({ rules }: { rules: EffectiveRules }): ReactNode {
  const { say, locale } = useWords();
  return (
    <dl className="rules">
      <dt>{say("rules.immutable")}</dt>
      <dd>
        {rules.immutable_tags.length === 0
          ? say("rules.immutable.none")
          : rules.immutable_tags.map((pattern) => (
              <code key={pattern} className="pattern">
                {pattern}
              </code>
            ))}
      </dd>
      <dt>{say("rules.retention")}</dt>
      <dd>
        {rules.retention.length === 0 ? (
          say("rules.retention.none")
        ) : (
          <>
            <Status
              tone={rules.retention_enabled ? "good" : "quiet"}
              text={say(rules.retention_enabled ? "rules.retention.on" : "rules.retention.off")}
            />
            <ul>
              {rules.retention.map((rule, index) => (
                <li key={`${index} ${rule.tags}`}>{ruleText(rule, say, locale)}</li>
              ))}
            </ul>
          </>
        )}
      </dd>
    </dl>
  );
}
