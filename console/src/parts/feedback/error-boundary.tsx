import { Alert, Button } from "antd";
import { Component, type ReactNode } from "react";
import { useWords } from "../../i18n";

/** Shows an error in place of children that fail to render, so that the rest keeps working. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <RenderError /> : this.props.children;
  }
}

function RenderError(): ReactNode {
  const { say } = useWords();
  return (
    <Alert
      type="error"
      showIcon
      title={say("error.render")}
      action={<Button onClick={() => window.location.reload()}>{say("error.reload")}</Button>}
    />
  );
}
