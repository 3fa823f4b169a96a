import type { components } from "./generated/catalog";

type RulesPut = components["schemas"]["RulesPut"];

/**
 * Paths and models of the API that docs/openapi does not have yet, in the form of the generated
 * types.
 */

interface Operation<Path, Query, Body, Out> {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
  requestBody: { content: { "application/json": Body } };
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Out } } };
}

interface Read<Path, Query, Out> {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Out } } };
}

interface RepositoryPath {
  namespace: string;
  repository: string;
}

export interface UpcomingPaths {
  "/api/v1/images/{namespace}/{repository}/copy": {
    post: Operation<RepositoryPath, never, { source: string; tag: string }, unknown>;
  };
}

export interface PreviewedTagOut {
  repository: string;
  tag: string;
  digest: string;
  pushed_at: string;
  last_used_at: string | null;
  decision: "delete" | "keep";
  reason_code:
    | "immutable"
    | "no_rule"
    | "keep_last"
    | "keep_pulled_within_days"
    | "keep_pushed_within_days"
    | "not_kept";
  reason: string;
  rule: number | null;
}

export interface RulesPreviewOut {
  at: string;
  deleted_count: number;
  kept_count: number;
  obstacles?: { code: "counting_behind" | "dead_letters" | "counts_too_young"; detail: string }[];
  items: PreviewedTagOut[];
  next_cursor: string | null;
}

interface PreviewQuery {
  decision?: "delete" | "keep" | null;
  limit?: number;
  cursor?: string | null;
}

interface PreviewOperations<Path> {
  get: Read<Path, PreviewQuery, RulesPreviewOut>;
  post: Operation<Path, PreviewQuery, RulesPut, RulesPreviewOut>;
}

export interface UpcomingRulesPaths {
  "/api/v1/namespaces/{namespace}/rules/preview": PreviewOperations<{ namespace: string }>;
  "/api/v1/repositories/{namespace}/{repository}/rules/preview": PreviewOperations<RepositoryPath>;
}
