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

/** The language that was chosen here before, else the first of the browser's that we have, else English. */
export function preferredLanguage(cookies: string, browser: readonly string[]): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${COOKIE}=(zh|en)(?:;|$)`).exec(cookies)?.[1];
  const found =
    chosen ??
    browser
      .map((tag) => tag.toLowerCase().split("-")[0])
      .find((tag) => LANGUAGES.some((known) => known === tag));
  return (found ?? "en") as Language;
}

async function texts(language: Language): Promise<Record<Key, string>> {
  return language === "zh" ? (await import("./zh")).zh : (await import("./en")).en;
}

export async function startLanguage(): Promise<Language> {
  const language = preferredLanguage(document.cookie, navigator.languages);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: { translation: await texts(language) } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false }, // React escapes
    showSupportNotice: false,
    react: { useSuspense: false }, // a language is switched to when its words are there
  } as Parameters<typeof i18next.init>[0]);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  return language;
}

/** Changes the language now, and for the next visit: a cookie, which holds nothing but the language. */
export async function switchLanguage(language: Language): Promise<void> {
  i18next.addResourceBundle(language, "translation", await texts(language));
  document.cookie = `${COOKIE}=${language}; Path=/; Max-Age=31536000; SameSite=Strict`;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  await i18next.changeLanguage(language);
}

export type Say = (key: Key, values?: Record<string, string | number>) => string;

/** `say(key, values)` in the language of the page, and that language for Intl. */
export function useWords(): { say: Say; language: Language; locale: string } {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === "zh" ? "zh" : "en";
  return { say: t as unknown as Say, language, locale: language === "zh" ? "zh-CN" : "en-GB" };
}
