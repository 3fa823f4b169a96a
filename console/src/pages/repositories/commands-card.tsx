import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { api, body } from "../../api/client";
import { useWords } from "../../i18n";
import { Card } from "../../parts/page/page";
import { CommandLine, PlainHttpNote } from "../../parts/text/command-line";
import { dockerPull, dockerPush, dockerTag, registryHost } from "../../parts/text/commands";

/** Among this many tags, the pull command looks for the newest that is a container image. */
const NEWEST_TAGS = 20;

interface Props {
  namespace: string;
  name: string;
  /** Whether to show the commands that push. */
  canPush: boolean;
}

/** The Docker commands of a repository; the pull command names the tag that was pushed last. */
export function CommandsCard({ namespace, name, canPush }: Props): ReactNode {
  const { say } = useWords();
  const newestTag = useQuery({
    queryKey: ["repository", namespace, name, "newest"],
    queryFn: async () => {
      const { items } = await body(
        api.GET("/api/v1/images/{namespace}/{repository}", {
          params: {
            path: { namespace, repository: name },
            query: { sort: "-pushed_at", limit: NEWEST_TAGS },
          },
        }),
      );
      return items.find(({ platforms }) => platforms.length > 0) ?? items[0] ?? null;
    },
    refetchInterval: 5000,
  });
  const host = registryHost();
  const path = `${namespace}/${name}`;
  const tag = newestTag.data?.tag ?? "latest";
  const isArtifact = newestTag.data?.platforms.length === 0; // Docker cannot pull it
  return (
    <Card title={say("repository.commands")} text={say("repository.commands.text")}>
      <CommandLine what={say("repository.login")} line={`docker login ${host}`} />
      {isArtifact ? (
        <p className="command-what">
          <Link href={`/repositories/${path}:${tag}`}>{say("repository.artifact", { tag })}</Link>
        </p>
      ) : (
        <CommandLine what={say("repository.pull")} line={dockerPull(host, `${path}:${tag}`)} />
      )}
      {canPush && (
        <>
          <CommandLine what={say("repository.pushTag")} line={dockerTag(host, `${path}:latest`)} />
          <CommandLine what={say("repository.push")} line={dockerPush(host, `${path}:latest`)} />
        </>
      )}
      <PlainHttpNote />
    </Card>
  );
}
