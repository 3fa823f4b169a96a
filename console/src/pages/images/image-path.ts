interface Place {
  namespace: string;
  repository: string;
}

/** The path parameters of an image that is named by `:tag` or `@digest`. */
export function imagePath(
  namespace: string,
  repository: string,
  reference: string,
):
  | { tag: Place & { tag: string }; digest?: undefined }
  | { tag?: undefined; digest: Place & { digest: string } } {
  const rest = reference.slice(1);
  return reference.startsWith("@")
    ? { digest: { namespace, repository, digest: rest } }
    : { tag: { namespace, repository, tag: rest } };
}
