import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Redirect } from "wouter";
import { api, body } from "../api/client";
import { Failed, Loading } from "../parts/feedback/states";

/** Redirects an account without a namespace to the first steps, and others to the repositories. */
export default function HomePage(): ReactNode {
  const query = useQuery({
    queryKey: ["namespaces", "any"],
    queryFn: () => body(api.GET("/api/v1/namespaces", { params: { query: { limit: 1 } } })),
  });
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  if (query.isPending) {
    return <Loading />;
  }
  return <Redirect to={query.data.items.length === 0 ? "/first-steps" : "/repositories"} replace />;
}
