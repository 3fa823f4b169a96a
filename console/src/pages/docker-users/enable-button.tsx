import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { notice } from "../../parts/feedback/notice";
import { problemText } from "../../parts/feedback/problem-text";
import { RowButton } from "../../parts/tables/row-button";

interface Props {
  username: string;
  /** Whether the button is in a row of a table. */
  inRow?: boolean;
}

/** Enables a Docker user without a confirmation, because the action can be undone. */
export function EnableButton({ username, inRow = false }: Props): ReactNode {
  const { say, locale } = useWords();
  const queries = useQueryClient();
  const enable = useMutation({
    mutationFn: () =>
      api.PATCH("/api/v1/docker-users/{username}", {
        params: { path: { username } },
        body: { disabled: false },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["docker-users"] }),
    onError: (error) => notice.show(problemText(error, say, locale)),
  });
  const props = { loading: enable.isPending, onClick: () => enable.mutate() };
  const text = say("dockerUsers.enable");
  return inRow ? (
    <RowButton text={text} row={username} {...props} />
  ) : (
    <Button {...props}>{text}</Button>
  );
}
