import { Button, Form, Input } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { CONDITIONS, isPattern, numberOf, type RuleValues } from "./form-values";
import { MOST_DAYS, MOST_KEPT, MOST_RETENTION_RULES } from "./rules";

/** The fields of the retention rules, with buttons that add and remove a rule. */
export function RetentionFields(): ReactNode {
  const { say } = useWords();
  return (
    <fieldset className="retention">
      <legend>{say("rules.retention")}</legend>
      <p className="page-text">{say("rules.retention.help")}</p>
      <Form.List name="retention">
        {(fields, { add, remove }) => (
          <>
            {fields.map(({ key, name }) => (
              <RuleFields key={key} index={name} onRemove={() => remove(name)} />
            ))}
            {fields.length < MOST_RETENTION_RULES && (
              <Button onClick={() => add({ tags: "*", keep_last: "10" })}>
                {say("rules.retention.add")}
              </Button>
            )}
          </>
        )}
      </Form.List>
    </fieldset>
  );
}

interface RuleFieldsProps {
  index: number;
  onRemove: () => void;
}

function RuleFields({ index, onRemove }: RuleFieldsProps): ReactNode {
  const { say } = useWords();
  const number = index + 1;
  return (
    <div className="retention-rule" role="group" aria-label={say("rules.rule", { number })}>
      <Form.Item
        name={[index, "tags"]}
        label={say("rules.retention.tags")}
        rules={[
          {
            validator: (_: unknown, pattern: string | undefined) =>
              isPattern((pattern ?? "").trim())
                ? Promise.resolve()
                : Promise.reject(new Error(say("rules.pattern"))),
          },
        ]}
      >
        <Input autoComplete="off" autoCapitalize="none" spellCheck={false} />
      </Form.Item>
      {CONDITIONS.map((condition) => (
        <ConditionField key={condition} index={index} condition={condition} />
      ))}
      <Button
        className="remove-rule"
        danger
        aria-label={say("rules.rule.remove", { number })}
        onClick={onRemove}
      >
        {say("common.remove")}
      </Button>
    </div>
  );
}

interface ConditionFieldProps {
  index: number;
  condition: (typeof CONDITIONS)[number];
}

function ConditionField({ index, condition }: ConditionFieldProps): ReactNode {
  const { say } = useWords();
  const most = condition === "keep_last" ? MOST_KEPT : MOST_DAYS;
  return (
    <Form.Item
      name={[index, condition]}
      label={say(`rules.${condition}`)}
      dependencies={CONDITIONS.map((other) => ["retention", index, other])}
      rules={[
        ({ getFieldValue }) => ({
          validator: (_: unknown, text: string | undefined) => {
            if (numberOf(text, most) === undefined) {
              return Promise.reject(new Error(say("rules.number", { most })));
            }
            const rule = getFieldValue(["retention", index]) as RuleValues | undefined;
            const isEmpty = CONDITIONS.every((name) => (rule?.[name] ?? "").trim() === "");
            return isEmpty && condition === "keep_last"
              ? Promise.reject(new Error(say("rules.noCondition")))
              : Promise.resolve();
          },
        }),
      ]}
    >
      <Input autoComplete="off" inputMode="numeric" />
    </Form.Item>
  );
}
