import { api, body, type Model } from "../../api/client";

export type TagsPreview = Model<"BulkPreviewOut">;
export type TagsDeletion = Model<"BulkDeletionOut">;
export type FailedTag = TagsDeletion["failed"][number];

/** The most tags that one request deletes. */
export const MOST_TAGS = 500;

interface Repository {
  namespace: string;
  repository: string;
}

/** Reads what the deletion of `tags` removes, and which of them cannot be deleted. */
export async function previewTags(path: Repository, tags: string[]): Promise<TagsPreview> {
  return (await postTags(path, tags, true)) as TagsPreview;
}

/** Deletes `tags`. The result lists those that could not be deleted, with the reason. */
export async function deleteTags(path: Repository, tags: string[]): Promise<TagsDeletion> {
  return (await postTags(path, tags, false)) as TagsDeletion;
}

function postTags(path: Repository, tags: string[], preview: boolean) {
  return body(
    api.POST("/api/v1/images/{namespace}/{repository}/delete", {
      params: { path },
      body: { tags, preview },
    }),
  );
}

const order = new Intl.Collator("en", { numeric: true });

/** Returns `tags` with 1.0.2 before 1.0.10. */
export function sortTags(tags: Iterable<string>): string[] {
  return [...tags].sort(order.compare);
}

/** Groups tags that could not be deleted by the reason. */
export function groupByReason(
  failed: FailedTag[],
  reasonOf: (tag: FailedTag) => string,
): [reason: string, tags: string[]][] {
  const groups = new Map<string, string[]>();
  for (const tag of failed) {
    const reason = reasonOf(tag);
    groups.set(reason, [...(groups.get(reason) ?? []), tag.tag]);
  }
  return [...groups].map(([reason, tags]) => [reason, sortTags(tags)]);
}
