import { type ReactNode, useState } from "react";
import { FormDialog, type FormDialogProps } from "./form-dialog";
import { SecretDialog, type SecretLine } from "./secret-dialog";

interface Props<Values> extends Omit<FormDialogProps<Values>, "onSuccess" | "successText"> {
  /** The title of the dialog that shows the password. */
  secretTitle: string;
  /** The password, and what to do with it. */
  lines: (values: Values) => SecretLine[];
}

/** A form that sets a password, and then shows the password for the only time. */
export function PasswordDialog<Values extends { password: string }>({
  secretTitle,
  lines,
  onSubmit,
  ...form
}: Props<Values>): ReactNode {
  const [accepted, setAccepted] = useState<Values | null>(null);
  if (accepted !== null) {
    return <SecretDialog title={secretTitle} lines={lines(accepted)} onClose={form.onClose} />;
  }
  return (
    <FormDialog<Values>
      {...form}
      onSubmit={async (values) => {
        await onSubmit(values);
        setAccepted(values);
      }}
      onSuccess={() => undefined} // the password replaces the form
    />
  );
}
