import { Alert, Button, Form, type FormInstance, Input, Modal, Radio } from "antd";
import { type ReactNode, useEffect, useId, useState } from "react";
import { ApiProblem } from "../../api/problems";
import { type Key, useWords } from "../../i18n";
import { newPassword, obeys, RULES, type RuleName } from "../forms/rules";
import { notice } from "../feedback/notice";
import { problemText } from "../feedback/problem-text";

/** Gives the focus back to what opened a dialog, once that is gone. */
function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (before instanceof HTMLElement && before.isConnected) {
          before.focus();
        } else if (document.activeElement === document.body) {
          document.getElementById("main")?.focus({ preventScroll: true }); // what opened it was deleted
        }
      });
    },
    [before],
  );
}

interface FormDialogProps<Values> {
  title: string;
  submit: string;
  initial: Partial<Values>;
  /** Which rule a field of the API's obeys, to say it when the API refuses the field. */
  rules?: Record<string, RuleName>;
  onSubmit: (values: Values) => Promise<unknown>;
  onClose: () => void;
  /** What happens when it was accepted; without it the dialog closes. */
  onDone?: () => void;
  /** Says shortly that it was done; for what shows by itself there is no need. */
  done?: string;
  children: ReactNode | ((form: FormInstance) => ReactNode);
}

/** A form in a dialog. It stays open, with what was entered, until the API has accepted it. */
export function FormDialog<Values extends object>(props: FormDialogProps<Values>): ReactNode {
  const { say, locale } = useWords();
  const [form] = Form.useForm();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = useId();
  useReturnFocus();

  async function finish(values: Values): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await props.onSubmit(values);
      if (props.done !== undefined) {
        notice.show(props.done);
      }
      (props.onDone ?? props.onClose)();
    } catch (problem) {
      setError(problem);
      setBusy(false);
      if (problem instanceof ApiProblem) {
        form.setFields(
          problem.fields.map(({ field }) => {
            const last = field.split(".").pop() ?? field;
            const rule = props.rules?.[last];
            return {
              name: last,
              errors: [rule === undefined ? say("error.field") : say(RULES[rule].key)],
            };
          }),
        );
      }
    }
  }

  return (
    <Modal
      open
      title={props.title}
      onCancel={props.onClose}
      footer={[
        <Button key="cancel" onClick={props.onClose}>
          {say("common.cancel")}
        </Button>,
        <Button key="submit" type="primary" loading={busy} onClick={() => form.submit()}>
          {props.submit}
        </Button>,
      ]}
      mask={{ closable: false }}
    >
      <Form
        form={form}
        name={name.replaceAll(/[^a-zA-Z0-9]/g, "")}
        layout="vertical"
        requiredMark={false}
        initialValues={props.initial}
        onFinish={(values) => void finish(values as Values)}
        scrollToFirstError
      >
        {error !== null && (
          <Alert
            className="form-error"
            type="error"
            showIcon
            title={problemText(error, say, locale)}
          />
        )}
        {typeof props.children === "function" ? props.children(form) : props.children}
        <button type="submit" hidden tabIndex={-1} aria-hidden="true" />
      </Form>
    </Modal>
  );
}

interface FieldProps {
  name: string;
  label: string;
  rule?: RuleName;
  optional?: boolean;
  focus?: boolean;
  help?: string;
  placeholder?: string;
}

/** One line of text, with its rule below it. */
export function TextField({
  name,
  label,
  rule,
  optional = false,
  focus = false,
  help,
  placeholder,
}: FieldProps): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item
      name={name}
      label={label}
      extra={help ?? (rule && rule !== "description" && say(RULES[rule].key))}
      rules={useRules(rule, optional)}
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

export function PasswordField({
  name,
  label,
  focus = false,
  form,
}: {
  name: string;
  label: string;
  focus?: boolean;
  form?: FormInstance;
}): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item label={label} htmlFor={`password-${name}`} extra={say("rule.password")} required>
      <div className="password">
        <Form.Item name={name} noStyle rules={useRules("password", false)}>
          <Input.Password id={`password-${name}`} autoFocus={focus} autoComplete="new-password" />
        </Form.Item>
        {form && (
          <Button
            onClick={() => {
              form.setFieldValue(name, newPassword());
              void form.validateFields([name]);
            }}
          >
            {say("common.generate")}
          </Button>
        )}
      </div>
    </Form.Item>
  );
}

function useRules(rule: RuleName | undefined, optional: boolean) {
  const { say } = useWords();
  return [
    {
      validator: (_: unknown, value: string | undefined) => {
        const text = value ?? "";
        if (text === "") {
          return optional ? Promise.resolve() : Promise.reject(new Error(say("rule.required")));
        }
        return rule === undefined || obeys(rule, text)
          ? Promise.resolve()
          : Promise.reject(new Error(say(RULES[rule].key)));
      },
    },
  ];
}

/** One of a few, each with a line that says what it means. */
export function ChoiceField({
  name,
  label,
  choices,
}: {
  name: string;
  label: string;
  choices: { value: string; label: Key; text: Key }[];
}): ReactNode {
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

interface ConfirmProps {
  title: string;
  text: string;
  button: string;
  /** A name that must be typed first. */
  typed?: string;
  danger?: boolean;
  /** Says shortly that it was done. */
  done?: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}

/** Asks before something that cannot be taken back, or that others notice. */
export function Confirm({
  title,
  text,
  button,
  typed,
  danger = true,
  done,
  onConfirm,
  onClose,
  children,
}: ConfirmProps): ReactNode {
  const { say, locale } = useWords();
  const [entered, setEntered] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ready = typed === undefined || entered === typed;
  useReturnFocus();

  async function confirm(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      if (done !== undefined) {
        notice.show(done);
      }
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      footer={[
        <Button key="cancel" autoFocus={typed === undefined} onClick={onClose}>
          {say("common.cancel")}
        </Button>,
        <Button
          key="confirm"
          type="primary"
          danger={danger}
          disabled={!ready}
          loading={busy}
          onClick={() => void confirm()}
        >
          {button}
        </Button>,
      ]}
      mask={{ closable: false }}
    >
      {error !== null && (
        <Alert
          className="form-error"
          type="error"
          showIcon
          title={problemText(error, say, locale)}
        />
      )}
      <p>{text}</p>
      {children}
      {typed !== undefined && (
        <label className="typed">
          {say("common.typeName", { name: typed })}
          <Input
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={entered}
            onChange={(event) => setEntered(event.target.value)}
            onPressEnter={() => ready && void confirm()}
          />
        </label>
      )}
    </Modal>
  );
}
