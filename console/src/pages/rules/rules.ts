import { api, body, type Model } from "../../api/client";

export type EffectiveRules = Model<"RulesOut">;
export type RetentionRule = Model<"RetentionRuleOut">;
export type Rules = Pick<EffectiveRules, "immutable_tags" | "retention" | "retention_enabled">;
export type RulesPreview = Model<"PreviewOut">;
export type PreviewedTag = Model<"DecisionOut">;
export type Decision = PreviewedTag["decision"];

/** The namespace or the repository that rules are for. */
export interface Scope {
  namespace: string;
  /** The name of the repository; without it the rules are for the namespace. */
  repository?: string;
}

/** The API's limits. */
export const MOST_PATTERNS = 20;
export const MOST_RETENTION_RULES = 20;
export const MOST_KEPT = 10_000;
export const MOST_DAYS = 3650;

const PREVIEW_LIMIT = 50;

/** Reads the rules that apply. */
export function getRules({ namespace, repository }: Scope): Promise<EffectiveRules> {
  return repository === undefined
    ? body(api.GET("/api/v1/namespaces/{namespace}/rules", { params: { path: { namespace } } }))
    : body(
        api.GET("/api/v1/repositories/{namespace}/{repository}/rules", {
          params: { path: { namespace, repository } },
        }),
      );
}

/** Replaces the rules of a namespace, or gives a repository rules of its own. */
export async function putRules({ namespace, repository }: Scope, rules: Rules): Promise<void> {
  if (repository === undefined) {
    await api.PUT("/api/v1/namespaces/{namespace}/rules", {
      params: { path: { namespace } },
      body: rules,
    });
  } else {
    await api.PUT("/api/v1/repositories/{namespace}/{repository}/rules", {
      params: { path: { namespace, repository } },
      body: rules,
    });
  }
}

/** Deletes the own rules of a repository, so that those of its namespace apply again. */
export async function deleteRules(namespace: string, repository: string): Promise<void> {
  await api.DELETE("/api/v1/repositories/{namespace}/{repository}/rules", {
    params: { path: { namespace, repository } },
  });
}

/** Reads a page of what retention would do with `rules`. */
export function previewRules(
  { namespace, repository }: Scope,
  { immutable_tags, retention, retention_enabled }: Rules,
  decision: Decision,
  cursor: string | null,
): Promise<RulesPreview> {
  const query = { decision, limit: PREVIEW_LIMIT, cursor };
  const rules = { immutable_tags, retention, retention_enabled }; // stored rules have more fields
  return repository === undefined
    ? body(
        api.POST("/api/v1/namespaces/{namespace}/rules/preview", {
          params: { path: { namespace }, query },
          body: rules,
        }),
      )
    : body(
        api.POST("/api/v1/repositories/{namespace}/{repository}/rules/preview", {
          params: { path: { namespace, repository }, query },
          body: rules,
        }),
      );
}
