import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import type { en, Key } from "./en";

export type { Key } from "./en";
export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const COOKIE = "moorage_language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
    keySeparator: false;
    nsSeparator: false;
  }
}

/**
 * The language that this browser chose before. Otherwise the first of the browser's languages that
 * the console has. Otherwise English.
 */
export function preferredLanguage(cookies: string, browser: readonly string[]): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${COOKIE}=(zh|en)(?:;|$)`).exec(cookies)?.[1];
  const found =
    chosen ??
    browser
      .map((tag) => tag.toLowerCase().split("-")[0])
      .find((tag) => LANGUAGES.some((known) => known === tag));
  return (found ?? "en") as Language;
}

/** Loads the texts of one language. The other language is not downloaded. */
async function texts(language: Language): Promise<Record<Key, string>> {
  return language === "zh" ? (await import("./zh")).zh : (await import("./en")).en;
}

/** Loads the preferred language. Must end before the first page is rendered. */
export async function startLanguage(): Promise<Language> {
  const language = preferredLanguage(document.cookie, navigator.languages);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: await texts(language) } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false }, // React escapes values
    showSupportNotice: false,
    react: { useSuspense: false }, // switchLanguage loads the texts before it switches
  } as Parameters<typeof i18next.init>[0]);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  return language;
}

/** Changes the language of the page, and stores it in a cookie for the next visit. */
export async function switchLanguage(language: Language): Promise<void> {
  i18next.addResourceBundle(language, "translation", await texts(language));
  document.cookie = `${COOKIE}=${language}; Path=/; Max-Age=31536000; SameSite=Strict`;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  await i18next.changeLanguage(language);
}

/** Returns the text of a key, with `{{name}}` replaced by `values.name`. */
export type Say = (key: Key, values?: Record<string, string | number>) => string;

/** Returns `say(key, values)` for the language of the page, and the locale for Intl. */
export function useWords(): { say: Say; language: Language; locale: string } {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === "zh" ? "zh" : "en";
  return { say: t as unknown as Say, language, locale: language === "zh" ? "zh-CN" : "en-GB" };
}
