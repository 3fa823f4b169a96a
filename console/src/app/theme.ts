import { type ThemeConfig, theme as themes } from "antd";
import { useMemo, useSyncExternalStore } from "react";

/**
 * Colors with a contrast of at least 4.5:1 (WCAG 2, level AA). The default blue of antd has only
 * 4.1:1 on white.
 */
const light: ThemeConfig = {
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
const dark: ThemeConfig = {
  cssVar: { key: "moorage" },
  hashed: false,
  algorithm: themes.darkAlgorithm,
  token: {
    colorPrimary: "#2a6cc4",
    colorLink: "#7db4f5",
    colorLinkHover: "#a9cdf8",
    colorLinkActive: "#a9cdf8",
    colorError: "#d9485a",
    colorErrorText: "#ff8f97",
    colorInfo: "#5b9ded",
    colorBgBase: "#12161c",
    colorBgContainer: "#1b2129",
    colorBgElevated: "#222a34",
    colorText: "#e6eaf0",
    colorTextSecondary: "#aab4c2",
    colorTextDescription: "#aab4c2",
    colorTextPlaceholder: "#97a2b1",
    borderRadius: 6,
    fontSize: 14,
    fontFamily: "var(--font)",
  },
  // antd takes the color of these texts from colorPrimary, which is too dark for text.
  components: {
    Button: {
      colorPrimaryHover: "#2461b3",
      colorError: "#ff8f97",
      colorErrorHover: "#ffb3b8",
      dangerColor: "#12161c", // the text of a red button
      defaultHoverColor: "#7db4f5",
      defaultHoverBorderColor: "#7db4f5",
      defaultActiveColor: "#a9cdf8",
      defaultActiveBorderColor: "#a9cdf8",
    },
    Radio: {
      colorPrimary: "#7db4f5",
      colorPrimaryHover: "#a9cdf8",
      colorPrimaryActive: "#a9cdf8",
    },
  },
};

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

function subscribe(notify: () => void): () => void {
  reducedMotion.addEventListener("change", notify);
  darkScheme.addEventListener("change", notify);
  return () => {
    reducedMotion.removeEventListener("change", notify);
    darkScheme.removeEventListener("change", notify);
  };
}

/** Returns whether the system asks for dark pages. */
export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, () => darkScheme.matches);
}

/**
 * Returns the theme of the system, light or dark. Nothing in it moves if the person has asked the
 * system for less motion.
 */
export function useTheme(): ThemeConfig {
  const still = useSyncExternalStore(subscribe, () => reducedMotion.matches);
  const isDark = useIsDark();
  return useMemo(() => {
    const theme = isDark ? dark : light;
    return still ? { ...theme, token: { ...theme.token, motion: false } } : theme;
  }, [isDark, still]);
}
