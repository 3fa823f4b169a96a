import i18next from "i18next";
import type { Say } from "../../i18n";
import { en } from "../../i18n/en";

/** Loads the English texts for a unit test, and returns the function that reads them. */
export async function englishWords(): Promise<Say> {
  await i18next.init({
    lng: "en",
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    showSupportNotice: false,
  } as Parameters<typeof i18next.init>[0]);
  return i18next.t as unknown as Say;
}
