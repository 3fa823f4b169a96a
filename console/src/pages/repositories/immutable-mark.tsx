import { LockOutlined } from "@ant-design/icons";
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import { useWords } from "../../i18n";

/** A lock that says why a tag can neither be moved nor deleted. */
export function ImmutableMark({ tag }: { tag: string }): ReactNode {
  const { say } = useWords();
  const text = say("image.immutable", { tag });
  return (
    <Tooltip title={text} trigger={["hover", "focus", "click"]}>
      <button type="button" className="lock" aria-label={text}>
        <LockOutlined aria-hidden="true" />
      </button>
    </Tooltip>
  );
}
