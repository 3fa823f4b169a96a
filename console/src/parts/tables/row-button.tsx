import { Button } from "antd";
import type { ReactNode } from "react";

interface Props {
  text: string;
  /** The name of the row. Screen readers need it, because each row has a button of that text. */
  row: string;
  /** Replaces `text` for screen readers. */
  label?: string;
  danger?: boolean;
  disabled?: boolean;
  loading?: boolean;
  onClick: () => void;
}

/** A button for one row of a table. */
export function RowButton({
  text,
  row,
  label = text,
  danger = false,
  disabled = false,
  loading = false,
  onClick,
}: Props): ReactNode {
  return (
    <Button
      size="small"
      type="link"
      danger={danger}
      disabled={disabled}
      loading={loading}
      aria-label={`${label}: ${row}`}
      onClick={onClick}
    >
      {text}
    </Button>
  );
}
