import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { notice } from "../../parts/feedback/notice";
import { problemText } from "../../parts/feedback/problem-text";
import { RowButton } from "../../parts/tables/row-button";

interface Props {
  username: string;
  namespace: string;
  hidden: boolean;
}

/** Hides a grant, or shows it again, without a confirmation, because both can be undone. */
export function HideGrantButton({ username, namespace, hidden }: Props): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () =>
      api.PATCH("/api/v1/docker-users/{username}/grants/{namespace}", {
        params: { path: { username, namespace } },
        body: { hidden: !hidden },
      }),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["grants"] }),
        queries.invalidateQueries({ queryKey: ["repositories"] }),
      ]),
    onError: (error) => notice.show(problemText(error, say, locale)),
  });
  return (
    <RowButton
      text={say(hidden ? "dockerUsers.grants.show" : "dockerUsers.grants.hide")}
      row={namespace}
      loading={change.isPending}
      onClick={() => change.mutate()}
    />
  );
}
