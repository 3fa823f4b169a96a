import i18next from "i18next";
import { ApiProblem, ConnectionLost } from "../../api/problems";
import type { Key, Say } from "../../i18n";
import { formatDuration, formatTime } from "../text/format";

/** Codes that have many causes, which only the API's own sentence names. */
const WITH_DETAIL = new Set(["copy_refused"]);

/** Returns a sentence for the user that says what went wrong and what to do. */
export function problemText(error: unknown, say: Say, locale: string): string {
  if (error instanceof ConnectionLost) {
    return say("error.connection");
  }
  if (!(error instanceof ApiProblem)) {
    return say("error.render");
  }
  const sentence = problemSentence(error, say);
  if (error.availableAt !== null) {
    return `${sentence} ${say("error.available", { time: formatTime(error.availableAt, locale) })}`;
  }
  return error.retryAfterSeconds === null
    ? sentence
    : `${sentence} ${say("error.wait", { time: formatDuration(error.retryAfterSeconds, locale) })}`;
}

/** Returns the text of an error code, or `detail`, the API's own sentence, if there is none. */
export function codeText(code: string, detail: string, say: Say): string {
  const key = `error.${code}`;
  return i18next.exists(key) ? say(key as Key) : detail;
}

/** Returns the text of the error code, or else the text of the HTTP status. */
function problemSentence(error: ApiProblem, say: Say): string {
  if (error.code === "validation_error") {
    return say("error.validation");
  }
  const key = `error.${error.code}`;
  if (i18next.exists(key)) {
    return WITH_DETAIL.has(error.code) ? `${say(key as Key)} ${error.detail}` : say(key as Key);
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
