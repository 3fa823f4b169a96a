import { Alert } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { PATIENCE_MILLISECONDS } from "../../api/patience";
import { useWords } from "../../i18n";

/** Says that a change takes long, once it has taken 8 s. */
export function StillWorking({ working }: { working: boolean }): ReactNode {
  const { say } = useWords();
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!working) {
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [working]);
  return (
    <div role="status">
      {late && (
        <Alert
          className="form-error"
          type="info"
          showIcon
          title={say("common.stillWorking")}
          role="presentation"
        />
      )}
    </div>
  );
}
