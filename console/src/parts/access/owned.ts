import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";

/** Whether the namespace is the account's own (for administrators: any), so that what only owners may do is offered to them alone. */
export function useOwned(namespace: string): boolean {
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
