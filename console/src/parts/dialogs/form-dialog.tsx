import { Alert, Button, Form, type FormInstance, Modal } from "antd";
import { type ReactNode, useId, useState } from "react";
import { ApiProblem } from "../../api/problems";
import { useWords } from "../../i18n";
import { notice } from "../feedback/notice";
import { problemText } from "../feedback/problem-text";
import { RULES, type RuleName } from "../forms/rules";
import { useReturnFocus } from "./return-focus";
import { StillWorking } from "./still-working";

export interface FormDialogProps<Values> {
  title: string;
  /** The text of the submit button. */
  submitText: string;
  initial: Partial<Values>;
  /** The rule of each API field. If the API refuses a field, the dialog shows its rule there. */
  rules?: Record<string, RuleName>;
  onSubmit: (values: Values) => Promise<unknown>;
  onClose: () => void;
  /** Runs after the API has accepted the form. The default is `onClose`. */
  onSuccess?: () => void;
  /** A notice that confirms success, if the page does not show the result by itself. */
  successText?: string;
  /** The width in pixels on a wide screen; the default is antd's. */
  width?: number;
  children: ReactNode | ((form: FormInstance) => ReactNode);
}

/** A form in a dialog. If the API refuses the form, the dialog stays open and keeps its values. */
export function FormDialog<Values extends object>({
  title,
  submitText,
  initial,
  rules,
  onSubmit,
  onClose,
  onSuccess = onClose,
  successText,
  width,
  children,
}: FormDialogProps<Values>): ReactNode {
  const { say, locale } = useWords();
  const [form] = Form.useForm();
  const [submitting, setSubmitting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const formId = useId().replaceAll(/[^a-zA-Z0-9]/g, ""); // antd builds element ids from it
  useReturnFocus();

  async function finish(values: Values): Promise<void> {
    setSubmitting(true);
    setError(null);
    try {
      await onSubmit(values);
      if (successText !== undefined) {
        notice.show(successText);
      }
      onSuccess();
    } catch (problem) {
      setError(problem);
      setSubmitting(false);
      if (problem instanceof ApiProblem) {
        showFieldProblems(problem);
      }
    }
  }

  function showFieldProblems(problem: ApiProblem): void {
    form.setFields(
      problem.fields.map(({ field }) => {
        const name = field.split(/[.[]/)[0] ?? field; // "immutable_tags[0]"
        const rule = rules?.[name];
        return { name, errors: [rule === undefined ? say("error.field") : say(RULES[rule].key)] };
      }),
    );
  }

  return (
    <Modal
      open
      title={title}
      {...(width === undefined ? {} : { width })}
      onCancel={onClose}
      getContainer={() => document.body} // is on the page already, so autoFocus works
      footer={[
        <Button key="cancel" onClick={onClose}>
          {say("common.cancel")}
        </Button>,
        <Button key="submit" type="primary" loading={submitting} onClick={() => form.submit()}>
          {submitText}
        </Button>,
      ]}
      mask={{ closable: false }}
    >
      <Form
        form={form}
        name={formId}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        onFinish={(values) => void finish(values as Values)}
        scrollToFirstError
      >
        <StillWorking working={submitting} />
        {error !== null && (
          <Alert
            className="form-error"
            type="error"
            showIcon
            title={problemText(error, say, locale)}
          />
        )}
        {typeof children === "function" ? children(form) : children}
        {/* The visible button is outside the form; this one makes the Enter key submit it. */}
        <button type="submit" hidden tabIndex={-1} aria-hidden="true" />
      </Form>
    </Modal>
  );
}
