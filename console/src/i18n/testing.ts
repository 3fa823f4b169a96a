import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

/** Prepares the English texts for a test that renders components. */
export async function initEnglish(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  } as Parameters<typeof i18next.init>[0]);
}
