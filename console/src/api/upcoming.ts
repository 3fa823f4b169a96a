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

export interface FailedTagOut {
  tag: string;
  code: string;
  detail: string;
}

export interface TagDigestOut {
  tag: string;
  digest: string;
}

export interface BulkPreviewOut {
  tags: TagDigestOut[];
  failed: FailedTagOut[];
  sibling_tags: string[];
  indexes: { digest: string; tags: string[] }[];
  referrers: { digest: string; kind: "signature" | "attestation" | "sbom" | "other" }[];
  exclusive_bytes: number;
  last_pulled_at: string | null;
}

export interface BulkDeletionOut {
  deleted: TagDigestOut[];
  failed: FailedTagOut[];
}

export interface UpcomingPaths {
  "/api/v1/images/{namespace}/{repository}/delete": {
    post: Operation<
      RepositoryPath,
      never,
      { tags: string[]; preview?: boolean },
      BulkPreviewOut | BulkDeletionOut
    >;
  };
  "/api/v1/images/{namespace}/{repository}/copy": {
    post: Operation<RepositoryPath, never, { source: string; tag: string }, unknown>;
  };
}

export interface RetentionRuleOut {
  tags: string;
  keep_last: number | null;
  keep_pulled_within_days: number | null;
  keep_pushed_within_days: number | null;
}

export interface RulesPut {
  immutable_tags: string[];
  retention: RetentionRuleOut[];
  retention_enabled: boolean;
}

export interface RulesOut extends RulesPut {
  source: "default" | "namespace" | "repository";
  updated_at: string | null;
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

interface RulesOperations<Path> {
  get: Read<Path, never, RulesOut>;
  put: Operation<Path, never, RulesPut, RulesOut>;
}

interface PreviewOperations<Path> {
  get: Read<Path, PreviewQuery, RulesPreviewOut>;
  post: Operation<Path, PreviewQuery, RulesPut, RulesPreviewOut>;
}

export interface UpcomingRulesPaths {
  "/api/v1/namespaces/{namespace}/rules": RulesOperations<{ namespace: string }>;
  "/api/v1/repositories/{namespace}/{repository}/rules": RulesOperations<RepositoryPath> & {
    delete: Read<RepositoryPath, never, unknown>;
  };
  "/api/v1/namespaces/{namespace}/rules/preview": PreviewOperations<{ namespace: string }>;
  "/api/v1/repositories/{namespace}/{repository}/rules/preview": PreviewOperations<RepositoryPath>;
}
