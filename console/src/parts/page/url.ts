import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

export type Values = Record<string, string>;

/** The query string as values, and a change of it: an empty value is left out, and a change of anything but the cursor goes to the first page. */
export function withChange(search: string, change: Values): string {
  const parameters = new URLSearchParams(search);
  if (!("cursor" in change)) {
    parameters.delete("cursor");
  }
  for (const [name, value] of Object.entries(change)) {
    if (value === "") {
      parameters.delete(name);
    } else {
      parameters.set(name, value);
    }
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** What a list shows is in the address, so that a link and the back button find it again. */
export function useUrlValues(): [
  Values,
  (change: Values, how?: { replace?: boolean; state?: unknown }) => void,
] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const values = useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
  const change = useCallback(
    (wanted: Values, how?: { replace?: boolean; state?: unknown }) =>
      navigate(path + withChange(window.location.search, wanted), how),
    [path, navigate],
  );
  return [values, change];
}

/** The order after a click on a column: ascending, descending, ascending … */
export function nextSort(current: string, column: string, firstDescending: boolean): string {
  if (current === column) {
    return `-${column}`;
  }
  if (current === `-${column}`) {
    return column;
  }
  return firstDescending ? `-${column}` : column;
}

/** The page of what an entry of the audit trail is about; null for what has none, or is gone by that entry. */
export function targetPage(action: string, target: string): string | null {
  const [kind, name] = target.split("/");
  if (/^(namespace|repository|image|docker_user)\.delete$/.test(action) || !name) {
    return null;
  }
  if (kind === "namespaces" || kind === "docker-users") {
    return `/${kind}/${name}`;
  }
  return kind === "repositories" ? `/${target}` : kind === "api-keys" ? "/account/api-keys" : null;
}

/** A path of this console that a person may be sent to after signing in; anything else is the start page. */
export function safeReturn(value: string | undefined): string {
  return value?.startsWith("/") &&
    !value.startsWith("//") &&
    !value.startsWith("/\\") &&
    !value.startsWith("/sign-in")
    ? value
    : "/";
}
