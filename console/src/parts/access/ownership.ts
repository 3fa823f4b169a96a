import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";

/**
 * Returns whether the signed-in account manages `namespace`; an administrator manages all of them.
 * Pages hide the actions that the API allows only to owners. The result is false while it loads,
 * and false for a namespace without repositories.
 */
export function useIsOwner(namespace: string): boolean {
  const query = useQuery({
    queryKey: ["repositories", "owned", namespace],
    queryFn: async () => {
      const { items } = await body(
        api.GET("/api/v1/repositories", {
          params: { query: { view: "own", namespace, limit: 1 } },
        }),
      );
      return items.length > 0;
    },
    staleTime: 60_000,
  });
  return query.data ?? false;
}
