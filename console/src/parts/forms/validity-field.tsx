import { Form, Select } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";

const DAY_MILLISECONDS = 86_400_000;
const DAYS = [7, 30, 90, 365];

/** The field `days`: for how many days a credential is valid. 0 means that it never expires. */
export function ValidityField(): ReactNode {
  const { say } = useWords();
  return (
    <Form.Item name="days" label={say("tokens.validity")}>
      <Select
        options={[
          ...DAYS.map((days) => ({ value: days, label: say("tokens.days", { count: days }) })),
          { value: 0, label: say("tokens.neverExpires") },
        ]}
      />
    </Form.Item>
  );
}

/** Returns the RFC 3339 time in `days` days, or null for 0 days. */
export function expiryAfter(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * DAY_MILLISECONDS).toISOString();
}
