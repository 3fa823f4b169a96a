import type { ThemeConfig } from "antd";
import { useSyncExternalStore } from "react";

/**
 * Colors with a contrast of at least 4.5:1 (WCAG 2, level AA). The default blue of antd has only
 * 4.1:1 on white.
 */
const theme: ThemeConfig = {
  cssVar: { key: "moorage" },
  hashed: false,
  token: {
    colorPrimary: "#0b57b5",
    colorLink: "#0b57b5",
    colorLinkHover: "#084590",
    colorLinkActive: "#084590",
    colorError: "#c0182b",
    colorSuccess: "#1b7a2f",
    colorWarning: "#8f5a00",
    // antd derives muddy backgrounds from the dark colors above. These are lighter.
    colorSuccessBg: "#eef8f0",
    colorSuccessBorder: "#9fd3aa",
    colorWarningBg: "#fff8e8",
    colorWarningBorder: "#f0cf8a",
    colorErrorBg: "#fdf0f1",
    colorErrorBorder: "#f0b4bb",
    colorInfo: "#0b57b5",
    colorInfoBg: "#edf4fc",
    colorInfoBorder: "#a9c8ee",
    colorText: "#1c2430",
    colorTextSecondary: "#505a68",
    colorTextDescription: "#505a68",
    colorTextPlaceholder: "#6b7480",
    borderRadius: 6,
    fontSize: 14,
    fontFamily: "var(--font)", // app/styles/base.css
  },
};
const stillTheme: ThemeConfig = { ...theme, token: { ...theme.token, motion: false } };

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

function subscribe(notify: () => void): () => void {
  reducedMotion.addEventListener("change", notify);
  return () => reducedMotion.removeEventListener("change", notify);
}

/** Returns the theme. Nothing in it moves if the person has asked the system for less motion. */
export function useTheme(): ThemeConfig {
  return useSyncExternalStore(subscribe, () => reducedMotion.matches) ? stillTheme : theme;
}
