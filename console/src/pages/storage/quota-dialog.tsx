import { Form, Input } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { FormDialog } from "../../parts/dialogs/form-dialog";
import { ChoiceField } from "../../parts/forms/fields";
import { formatBytes } from "../../parts/text/format";
import { type Storage, toAmount, toBytes, type Unit, UNITS } from "./storage";

interface Props {
  username: string;
  storage: Storage;
  onSubmit: (quotaBytes: number | null) => Promise<unknown>;
  onClose: () => void;
}

interface Values {
  kind: "none" | "limit";
  amount: string;
  unit: Unit;
}

/** The dialog that sets the storage quota of an account, or removes it. */
export function QuotaDialog({ username, storage, onSubmit, onClose }: Props): ReactNode {
  const { say, locale } = useWords();
  const quota = storage.storage_quota_bytes;
  return (
    <FormDialog<Values>
      title={`${say("storage.setQuota")}: ${username}`}
      submitText={say("common.save")}
      successText={say("common.saved")}
      initial={{
        kind: quota === null ? "none" : "limit",
        ...(quota === null ? { amount: "10", unit: "GiB" } : toAmount(quota)),
      }}
      onSubmit={({ kind, amount, unit }) =>
        onSubmit(kind === "none" ? null : toBytes(amount, unit))
      }
      onClose={onClose}
    >
      {(form) => (
        <>
          <p className="page-text">
            {say("storage.usedNow", {
              used: formatBytes(storage.storage_used_bytes, locale),
              trash: formatBytes(storage.storage_trash_bytes, locale),
            })}
          </p>
          <ChoiceField
            name="kind"
            label={say("storage.quota")}
            choices={[
              { value: "none", label: "storage.none", text: "storage.none.text" },
              { value: "limit", label: "storage.limit", text: "storage.limit.text" },
            ]}
          />
          <Form.Item noStyle dependencies={["kind", "unit"]}>
            {({ getFieldValue }) => (
              <Form.Item
                hidden={getFieldValue("kind") !== "limit"}
                label={say("storage.amount")}
                htmlFor="quota-amount"
                required
              >
                <div className="amount">
                  <Form.Item
                    name="amount"
                    noStyle
                    dependencies={["kind", "unit"]}
                    rules={[
                      {
                        validator: (_: unknown, amount: string) => {
                          const isValid =
                            form.getFieldValue("kind") === "none" ||
                            toBytes(amount, form.getFieldValue("unit") as Unit) !== null;
                          return isValid
                            ? Promise.resolve()
                            : Promise.reject(new Error(say("storage.amount.wrong")));
                        },
                      },
                    ]}
                  >
                    <Input id="quota-amount" autoComplete="off" inputMode="decimal" />
                  </Form.Item>
                  <Form.Item name="unit" noStyle>
                    <UnitChoice />
                  </Form.Item>
                </div>
              </Form.Item>
            )}
          </Form.Item>
        </>
      )}
    </FormDialog>
  );
}

interface UnitChoiceProps {
  id?: string;
  value?: Unit;
  onChange?: (unit: Unit) => void;
}

/** The unit of the quota. The form passes the value. */
function UnitChoice({ id, value, onChange }: UnitChoiceProps): ReactNode {
  const { say } = useWords();
  return (
    <select
      id={id}
      aria-label={say("storage.unit")}
      value={value}
      onChange={(event) => onChange?.(event.target.value as Unit)}
    >
      {UNITS.map((unit) => (
        <option key={unit} value={unit}>
          {unit}
        </option>
      ))}
    </select>
  );
}
