import { useQueryClient } from "@tanstack/react-query";
import { Checkbox, Form, type FormInstance, Input } from "antd";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useWords } from "../../i18n";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { type FormValues, fromForm, isPattern, patternsOf, toForm } from "./form-values";
import { PreviewPart } from "./preview-part";
import { RetentionFields } from "./retention-fields";
import { MOST_PATTERNS, putRules, type Rules, type Scope } from "./rules";

const PREVIEW_DELAY_MILLISECONDS = 500;

interface Props {
  scope: Scope;
  rules: Rules;
  /** Whether the repository gets rules of its own with this dialog. */
  isNew: boolean;
  onClose: () => void;
}

/** The form for rules. It shows the effect of the rules before they are saved. */
export default function RulesDialog({ scope, rules, isNew, onClose }: Props): ReactNode {
  const { say } = useWords();
  const queries = useQueryClient();
  const { namespace, repository } = scope;
  return (
    <FormDialog<FormValues>
      title={say(isNew ? "rules.override" : "rules.edit")}
      submitText={say("common.save")}
      successText={say("common.saved")}
      width={860}
      initial={toForm(rules)}
      onSubmit={async (values) => {
        const changed = fromForm(values);
        if (changed !== null) {
          await putRules(scope, changed);
          await Promise.all([
            queries.invalidateQueries({ queryKey: ["rules", namespace] }),
            queries.invalidateQueries({ queryKey: ["repository", namespace] }),
          ]);
        }
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <p className="page-text">
            {isNew
              ? say("rules.override.text")
              : say(repository === undefined ? "rules.edit.namespace" : "rules.edit.repository")}
          </p>
          <ImmutableField />
          <RetentionFields />
          <Form.Item
            name="retention_enabled"
            valuePropName="checked"
            extra={say("rules.enable.text")}
          >
            <Checkbox>{say("rules.enable")}</Checkbox>
          </Form.Item>
          <Effect scope={scope} form={form} initial={rules} />
        </>
      )}
    </FormDialog>
  );
}

function ImmutableField(): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item
      name="immutable_tags"
      label={say("rules.immutable")}
      extra={say("rules.immutable.help")}
      rules={[
        {
          validator: (_: unknown, text: string) => {
            const patterns = patternsOf(text);
            const wrong = patterns.find((pattern) => !isPattern(pattern));
            if (wrong !== undefined) {
              return Promise.reject(new Error(say("rules.pattern.wrong", { pattern: wrong })));
            }
            return patterns.length <= MOST_PATTERNS
              ? Promise.resolve()
              : Promise.reject(new Error(say("rules.pattern.many", { most: MOST_PATTERNS })));
          },
        },
      ]}
    >
      <Input.TextArea
        autoFocus
        autoSize={{ minRows: 2, maxRows: 8 }}
        autoCapitalize="none"
        spellCheck={false}
        placeholder={"v*\nrelease-?.*"}
      />
    </Form.Item>
  );
}

interface EffectProps {
  scope: Scope;
  form: FormInstance;
  initial: Rules;
}

/** The effect of the rules in the form, half a second after the last key. */
function Effect({ scope, form, initial }: EffectProps): ReactNode {
  const { say } = useWords();
  const values = Form.useWatch([], form) as Partial<FormValues> | undefined;
  const text = JSON.stringify(values === undefined ? initial : fromForm(values));
  const [shownText, setShownText] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setShownText(text), PREVIEW_DELAY_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  const shown = useMemo(() => JSON.parse(shownText) as Rules | null, [shownText]);
  return (
    <section className="preview" aria-label={say("rules.effect")}>
      <h3>{say("rules.effect")}</h3>
      {shown === null ? (
        <p className="quiet">{say("rules.effect.incomplete")}</p>
      ) : (
        <PreviewPart scope={scope} rules={shown} />
      )}
    </section>
  );
}
