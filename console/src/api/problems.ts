/** A field that the API refused, and the rule that its value breaks. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** An error response of the API (RFC 9457). `code` is stable; `detail` is for people. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
    readonly availableAt: string | null = null,
  ) {
    super(detail);
    this.name = "ApiProblem";
  }
}

/** The request failed without a response. */
export class ConnectionLost extends Error {
  constructor() {
    super("connection lost");
    this.name = "ConnectionLost";
  }
}

const TEMPORARY_STATUSES = new Set([502, 503, 504]);

/** Whether the same request can succeed a moment later. */
export function isTemporary(error: unknown): boolean {
  return error instanceof ApiProblem && TEMPORARY_STATUSES.has(error.status);
}

/** Whether the requested object does not exist, or the account may not see it. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Builds the error for a failed call. `body` may be anything; without a `code` it is `unknown`. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const document =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string): string | null =>
    typeof document[name] === "string" ? document[name] : null;
  const fields = Array.isArray(document.errors) ? (document.errors as FieldProblem[]) : [];
  const wait = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new ApiProblem(
    response.status,
    text("code") ?? "unknown",
    text("detail") ?? response.statusText,
    fields,
    Number.isNaN(wait) ? null : wait,
    text("available_at"),
  );
}
