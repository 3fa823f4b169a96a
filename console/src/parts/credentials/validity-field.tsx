import { Form, Select } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";

const DAY_MILLISECONDS = 86_400_000;

/** For how many days something is good; 0: without end. */
export function ValidityField(): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item name="days" label={say("tokens.validity")}>
      <Select
        options={[
          ...[7, 30, 90, 365].map((days) => ({
            value: days,
            label: say("tokens.days", { count: days }),
          })),
          { value: 0, label: say("tokens.forever") },
        ]}
      />
    </Form.Item>
  );
}

export function endAfter(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * DAY_MILLISECONDS).toISOString();
}
