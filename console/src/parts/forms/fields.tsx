import { Button, Form, type FormInstance, Input, Radio } from "antd";
import { type ReactNode, useState } from "react";
import { type Key, useWords } from "../../i18n";
import { generatePassword, isValid, RULES, type RuleName } from "./rules";

interface TextFieldProps {
  name: string;
  label: string;
  rule?: RuleName;
  optional?: boolean;
  focus?: boolean;
  /** Replaces the text of the rule below the field. */
  help?: string;
  placeholder?: string;
}

/** A field for one line of text, with its rule below it. */
export function TextField({
  name,
  label,
  rule,
  optional = false,
  focus = false,
  help,
  placeholder,
}: TextFieldProps): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item
      name={name}
      label={label}
      extra={help ?? (rule && rule !== "description" && say(RULES[rule].key))}
      rules={useValidators(rule, optional)}
    >
      <Input
        autoFocus={focus}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={rule === "description"}
        placeholder={placeholder}
      />
    </Form.Item>
  );
}

/** The optional description of an object. */
export function DescriptionField({ focus = false }: { focus?: boolean }): ReactNode {
  const { say } = useWords();
  return (
    <TextField
      name="description"
      label={`${say("common.description")} (${say("common.optional")})`}
      rule="description"
      optional
      focus={focus}
    />
  );
}

interface PasswordFieldProps {
  name: string;
  label: string;
  focus?: boolean;
  form: FormInstance;
}

/** A field for a new password, with a button that generates one. */
export function PasswordField({ name, label, focus = false, form }: PasswordFieldProps): ReactNode {
  const { say } = useWords();
  const [visible, setVisible] = useState(false);
  return (
    <Form.Item label={label} htmlFor={`password-${name}`} extra={say("rule.password")} required>
      <div className="password">
        <Form.Item name={name} noStyle rules={useValidators("password", false)}>
          <Input.Password
            id={`password-${name}`}
            autoFocus={focus}
            autoComplete="new-password"
            visibilityToggle={{ visible, onVisibleChange: setVisible }}
          />
        </Form.Item>
        <Button
          onClick={() => {
            form.setFieldValue(name, generatePassword());
            setVisible(true);
            void form.validateFields([name]);
          }}
        >
          {say("common.generate")}
        </Button>
      </div>
    </Form.Item>
  );
}

function useValidators(rule: RuleName | undefined, optional: boolean) {
  const { say } = useWords();
  return [
    {
      validator: (_: unknown, value: string | undefined) => {
        const text = value ?? "";
        if (text === "") {
          return optional ? Promise.resolve() : Promise.reject(new Error(say("rule.required")));
        }
        return rule === undefined || isValid(rule, text)
          ? Promise.resolve()
          : Promise.reject(new Error(say(RULES[rule].key)));
      },
    },
  ];
}

interface ChoiceFieldProps {
  name: string;
  label: string;
  choices: { value: string; label: Key; text: Key }[];
}

/** Radio buttons, each with a line that explains it. */
export function ChoiceField({ name, label, choices }: ChoiceFieldProps): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item name={name} label={label}>
      <Radio.Group className="choices" aria-label={label}>
        {choices.map((choice) => (
          <Radio key={choice.value} value={choice.value}>
            {say(choice.label)}
            <span className="choice-text">{say(choice.text)}</span>
          </Radio>
        ))}
      </Radio.Group>
    </Form.Item>
  );
}
