import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { useWords } from "../../i18n";
import { notice } from "../../parts/feedback/notice";
import { problemText } from "../../parts/feedback/problem-text";

/** Enables a Docker user at once: nothing is lost by it, so nothing is asked. */
export function EnableButton({
  username,
  small = false,
}: {
  username: string;
  small?: boolean;
}): ReactNode {
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
  const text = say("dockerUsers.enable");
  return (
    <Button
      {...(small ? { size: "small", type: "link", "aria-label": `${text}: ${username}` } : {})}
      loading={enable.isPending}
      onClick={() => enable.mutate()}
    >
      {text}
    </Button>
  );
}
