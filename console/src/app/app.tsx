import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { type ReactNode, useEffect, useState } from "react";
import { connection } from "../api/connection";
import { isTemporary } from "../api/problems";
import { session } from "../api/session";
import { useWords } from "../i18n";
import { ErrorBoundary } from "../parts/feedback/error-boundary";
import { SessionGate } from "./session-gate";
import { LostConnection, Notice } from "./status-messages";
import { useTheme } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      networkMode: "always", // `connection` detects a lost connection, not the browser
      // Retries 502, 503, and 504. If the connection is lost, `connection` polls the server. Once
      // the server responds, the listener below fetches every query again.
      retry: (failures, error) => isTemporary(error) && failures < 2,
    },
    mutations: { networkMode: "always" },
  },
});

let wasLost = false;
connection.subscribe(() => {
  if (wasLost && !connection.isLost()) {
    void queries.invalidateQueries();
  }
  wasLost = connection.isLost();
});
session.subscribe(() => {
  if (session.state().kind === "signed-out") {
    queries.clear(); // the next account must not see data of this one
  }
});

const locales: Record<string, () => Promise<{ default: Locale }>> = {
  zh: () => import("antd/locale/zh_CN"),
  en: () => import("antd/locale/en_US"),
};

/** The whole console: providers, messages that concern every page, and the pages. */
export function App(): ReactNode {
  const { language } = useWords();
  const theme = useTheme();
  const [locale, setLocale] = useState<Locale>();
  useEffect(() => {
    let current = true;
    void locales[language]?.().then((module) => current && setLocale(module.default));
    return () => {
      current = false;
    };
  }, [language]);
  return (
    <ConfigProvider
      theme={theme}
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
      {...(locale ? { locale } : {})}
    >
      <QueryClientProvider client={queries}>
        <LostConnection />
        <Notice />
        <ErrorBoundary>
          <SessionGate />
        </ErrorBoundary>
      </QueryClientProvider>
    </ConfigProvider>
  );
}
