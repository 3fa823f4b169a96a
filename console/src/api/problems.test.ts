import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import list from "../../../docs/errors.md?raw";
import type { Say } from "../i18n";
import { en } from "../i18n/en";
import { problemText } from "../parts/feedback/problem-text";
import { ConnectionLost, isNotFound, isTemporary, problemOf } from "./problems";

const say: Say = (key, values) => i18next.t(key, values ?? {});

function refused(status: number, body: unknown, headers?: Record<string, string>) {
  return problemOf(new Response(null, { status, ...(headers ? { headers } : {}) }), body);
}

describe("problems", () => {
  beforeAll(() =>
    i18next.init({
      lng: "en",
      resources: { en: { translation: en } },
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false },
    } as Parameters<typeof i18next.init>[0]),
  );

  it("contain the code and the fields of the response, if it has any", () => {
    const problem = refused(422, {
      code: "validation_error",
      detail: "No",
      errors: [{ field: "name", message: "short" }],
    });
    expect([problem.status, problem.code, problem.fields]).toEqual([
      422,
      "validation_error",
      [{ field: "name", message: "short" }],
    ]);
    expect(refused(500, "<html>").code).toBe("unknown");
    expect(isNotFound(refused(404, { code: "not_found" }))).toBe(true);
  });

  it("are temporary if the API is unavailable; a lost connection and a conflict are not", () => {
    expect(
      [new ConnectionLost(), refused(503, null), refused(409, null), new Error("x")].map(
        isTemporary,
      ),
    ).toEqual([false, true, false, false]);
  });

  it("are shown as a sentence that says when to try again", () => {
    expect(
      problemText(refused(429, { code: "login_throttled" }, { "Retry-After": "30" }), say, "en-GB"),
    ).toBe("Too many failed sign-ins. Try again in 30 seconds.");
    expect(
      problemText(
        refused(409, { code: "name_reserved", available_at: "2026-05-01T12:00:00Z" }),
        say,
        "en-GB",
      ),
    ).toMatch(/^The name is reserved .+ The name is available again on 1 May 2026/);
    expect(problemText(refused(404, { code: "of_the_future" }), say, "en-GB")).toBe(
      en["error.not_found"],
    );
    expect(problemText(refused(503, { code: "of_the_future" }), say, "en-GB")).toBe(
      en["error.unavailable"],
    );
  });

  it("that a person can act on have a text of their own", () => {
    const codes = [...list.matchAll(/^\| (401|403|404|409|429) \| `(\w+)`/gm)].map(
      (match) => match[2] ?? "",
    );
    expect(codes.length).toBeGreaterThan(20);
    // No call of the console causes these.
    const notFromConsole = ["cross_site_request", "read_only_key", "session_required"];
    expect(
      codes.filter((code) => !notFromConsole.includes(code) && !(`error.${code}` in en)),
    ).toEqual([]);
  });
});
