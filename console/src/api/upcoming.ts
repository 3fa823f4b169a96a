/**
 * Paths of the API that docs/openapi does not have yet, in the form of the generated types.
 */
export interface UpcomingPaths {
  "/api/v1/images/{namespace}/{repository}/copy": {
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: { namespace: string; repository: string };
        cookie?: never;
      };
      requestBody: { content: { "application/json": { source: string; tag: string } } };
      responses: {
        201: { headers: Record<string, unknown>; content: { "application/json": unknown } };
      };
    };
  };
}
