import { api, body, type Model } from "../../api/client";

export type Image = Model<"ImageOut">;
export type DeletionPreview = Model<"DeletionPreviewOut">;

/** Names an image as an address of the console does. */
export interface ImageName {
  namespace: string;
  repository: string;
  /** `:tag` or `@digest` */
  reference: string;
}

/** Returns the tag of `reference`, or null if it is a digest. */
export function tagOf(reference: string): string | null {
  return reference.startsWith(":") ? reference.slice(1) : null;
}

/** Reads an image. */
export async function getImage(name: ImageName): Promise<Image> {
  return (await getImageOrPreview(name, null)) as Image;
}

/** Reads what the deletion of a tag or an image removes. Only the owner may read it. */
export async function getDeletionPreview(name: ImageName): Promise<DeletionPreview> {
  return (await getImageOrPreview(name, "delete")) as DeletionPreview;
}

function getImageOrPreview(
  { namespace, repository, reference }: ImageName,
  preview: "delete" | null,
): Promise<Image | DeletionPreview> {
  const tag = tagOf(reference);
  if (tag === null) {
    const path = { namespace, repository, digest: reference.slice(1) };
    return body(
      api.GET("/api/v1/images/{namespace}/{repository}@{digest}", {
        params: { path, query: { preview } },
      }),
    );
  }
  const path = { namespace, repository, tag };
  return body(
    api.GET("/api/v1/images/{namespace}/{repository}:{tag}", {
      params: { path, query: { preview } },
    }),
  );
}

/** Deletes a tag; or an image with all its tags, if the reference is a digest. */
export async function deleteImage({ namespace, repository, reference }: ImageName): Promise<void> {
  const tag = tagOf(reference);
  if (tag === null) {
    const path = { namespace, repository, digest: reference.slice(1) };
    await api.DELETE("/api/v1/images/{namespace}/{repository}@{digest}", { params: { path } });
  } else {
    const path = { namespace, repository, tag };
    await api.DELETE("/api/v1/images/{namespace}/{repository}:{tag}", { params: { path } });
  }
}
