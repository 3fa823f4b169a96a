import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

export type QueryValues = Record<string, string>;

interface NavigateOptions {
  replace?: boolean;
  state?: unknown;
}

/** Changes the values of a query string and removes the empty ones. */
export function withChange(search: string, change: QueryValues): string {
  const parameters = new URLSearchParams(search);
  if (!("cursor" in change)) {
    parameters.delete("cursor"); // another order or filter starts at the first page
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

/**
 * Returns the values of the query string, and a function that changes some of them. Lists keep
 * their search, order, and page there, so that links and the back button restore them.
 */
export function useQueryValues(): [
  QueryValues,
  (change: QueryValues, options?: NavigateOptions) => void,
] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const values = useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
  const changeValues = useCallback(
    (change: QueryValues, options?: NavigateOptions) =>
      navigate(path + withChange(window.location.search, change), options),
    [path, navigate],
  );
  return [values, changeValues];
}

/**
 * Returns where to go after sign-in: `value` if it is a path of this console, else the start page.
 * A link from elsewhere must not lead to another site.
 */
export function safeReturn(value: string | undefined): string {
  return value?.startsWith("/") &&
    !value.startsWith("//") &&
    !value.startsWith("/\\") &&
    !value.startsWith("/sign-in")
    ? value
    : "/";
}
