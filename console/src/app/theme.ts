import type { ThemeConfig } from "antd";

/** antd's own blue on white has a contrast of 4.1:1; these have 4.5:1 and more (WCAG 2, AA). */
export const theme: ThemeConfig = {
  cssVar: { key: "moorage" },
  hashed: false,
  token: {
    colorPrimary: "#0b57b5",
    colorLink: "#0b57b5",
    colorError: "#c0182b",
    colorSuccess: "#1b7a2f",
    colorWarning: "#8f5a00",
    // Light grounds of our own: antd derives them from the dark tones above, and they come out muddy.
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
    fontFamily:
      'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  },
};
