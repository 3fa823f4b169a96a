/**
 * Paths and models of the API that docs/openapi does not have yet, in the form of the generated
 * types.
 */

interface Operation<Path, Query, Body, Out> {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
  requestBody: { content: { "application/json": Body } };
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
