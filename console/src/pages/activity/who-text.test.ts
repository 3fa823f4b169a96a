import { beforeAll, expect, test } from "vitest";
import type { Model } from "../../api/client";
import type { Say } from "../../i18n";
import { englishWords } from "./test-words";
import { viaText, whoText } from "./who-text";

type AuditEntry = Model<"AuditEntryOut">;

let say: Say;
beforeAll(async () => {
  say = await englishWords();
});

function entry(fields: Partial<AuditEntry>): AuditEntry {
  return {
    at: "2026-11-27T12:00:00Z",
    account: null,
    owner: "acme",
    docker_user: null,
    via: null,
    api_key_id: null,
    action: "retention.delete",
    target: "images/team/app:v1",
    changes: {},
    occurrences: 1,
    client_address: null,
    ...fields,
  };
}

test("a deletion by a rule names no operator", () => {
  const deletion = entry({ via: "retention" });
  expect(whoText(deletion, say)).toBe("Retention rule");
  expect(viaText(deletion, say)).toBe("Retention");
});

test("an API key with the name of retention is an API key", () => {
  const id = "5f0c4b1e-8c0b-4c43-9a5b-0a3f5b8a3f52";
  const deletion = entry({ via: "retention", api_key_id: id, account: "acme" });
  expect(whoText(deletion, say)).toBe("acme");
  expect(viaText(deletion, say)).toBe("API key retention");
});

test("a change on the command line is the operator's", () => {
  const change = entry({ via: "command line" });
  expect(whoText(change, say)).toBe("Operator");
  expect(viaText(change, say)).toBe("Command line");
});
