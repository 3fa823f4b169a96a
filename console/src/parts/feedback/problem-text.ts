import i18next from "i18next";
import { ApiProblem, ConnectionLost } from "../../api/problems";
import type { Key, Say } from "../../i18n";
import { moment } from "../text/format";

/** What went wrong, as a sentence that says what to do. */
export function problemText(error: unknown, say: Say, locale: string): string {
  if (error instanceof ConnectionLost) {
    return say("error.connection");
  }
  if (!(error instanceof ApiProblem)) {
    return say("error.render");
  }
  const sentence = sentenceOf(error, say);
  if (error.availableAt !== null) {
    return `${sentence} ${say("error.available", { time: moment(error.availableAt, locale) })}`;
  }
  return error.retryAfterSeconds === null
    ? sentence
    : `${sentence} ${say("error.wait", { count: error.retryAfterSeconds })}`;
}

function sentenceOf(error: ApiProblem, say: Say): string {
  if (error.code === "validation_error") {
    return say("error.validation");
  }
  const key = `error.${error.code}`;
  if (i18next.exists(key)) {
    return say(key as Key);
  }
  if (error.status === 404) {
    return say("error.not_found");
  }
  if (error.status === 409) {
    return say("error.conflict");
  }
  return error.status >= 502
    ? say("error.unavailable")
    : say("error.unknown", { status: error.status });
}
