import type { ReactNode } from "react";
import { LANGUAGES, type Language, switchLanguage, useWords } from "../i18n";

const NAMES: Record<Language, string> = { zh: "中文", en: "English" };

/** Switches the language. Each language has its own name, so that everyone can read theirs. */
export function LanguageSwitch(): ReactNode {
  const { say, language } = useWords();
  return (
    <fieldset className="languages">
      <legend className="visually-hidden">{say("app.language")}</legend>
      {LANGUAGES.map((each) => (
        <button
          key={each}
          type="button"
          lang={each === "zh" ? "zh-CN" : "en"}
          aria-pressed={each === language}
          onClick={() => void switchLanguage(each)}
        >
          {NAMES[each]}
        </button>
      ))}
    </fieldset>
  );
}
