/** One field that the API refused, and the rule that it broke. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** The API said no (RFC 9457): `code` is stable, `detail` is for people. */
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

/** The API could not be reached, or something between here and there is out of order. */
export class ConnectionLost extends Error {
  constructor() {
    super("connection lost");
    this.name = "ConnectionLost";
  }
}

const BETWEEN = new Set([502, 503, 504]);

/** Whether the API was reached and may answer in a moment, with nothing changed. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiProblem && BETWEEN.has(error.status);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Reads whatever an answer of a failed call holds; an answer without a problem document is still a problem. */
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
