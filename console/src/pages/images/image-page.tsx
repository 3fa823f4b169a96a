import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { isNotFound } from "../../api/problems";
import { useWords } from "../../i18n";
import { useIsOwner } from "../../parts/access/ownership";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Card, Page } from "../../parts/page/page";
import { CommandLine, PlainHttpNote } from "../../parts/text/command-line";
import { shortDigest } from "../../parts/text/format";
import { PullsCard } from "../pulls/pulls-card";
import { getImage, type ImageName, tagOf } from "./image";
import { LabelsCard, LayersCard, OverviewCard, PlatformsCard, ReferrersCard } from "./image-cards";

const CopyImageDialog = lazyDialog(() => import("./copy-image-dialog"));
const DeleteImageDialog = lazyDialog(() => import("./delete-image-dialog"));

/** An image: its tags, platforms, layers, labels, and pulls. */
export default function ImagePage({ namespace, repository, reference }: ImageName): ReactNode {
  const { say } = useWords();
  const [deleting, setDeleting] = useState(false);
  const [copying, setCopying] = useState(false);
  const [, navigate] = useLocation();
  const isOwner = useIsOwner(namespace);
  const query = useQuery({
    queryKey: ["repository", namespace, repository, "image", reference],
    queryFn: () => getImage({ namespace, repository, reference }),
    enabled: !deleting, // after the deletion, a request would fail before the page changes
  });
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError || isNotFound(query.error)) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const image = query.data;
  const path = `${namespace}/${repository}`;
  const repositoryPage = `/repositories/${path}`;
  const tag = tagOf(reference);
  return (
    <Page
      title={path + (tag === null ? `@${shortDigest(image.digest)}` : reference)}
      breadcrumbs={[
        { href: "/repositories", text: say("repositories.title") },
        { href: repositoryPage, text: path },
      ]}
      actions={
        <>
          <Button onClick={() => setCopying(true)}>{say("image.copy")}</Button>
          {isOwner && (
            <Button danger onClick={() => setDeleting(true)}>
              {say(tag === null ? "image.deleteDigest" : "image.delete")}
            </Button>
          )}
        </>
      }
    >
      <div className="columns">
        <OverviewCard image={image} repositoryPage={repositoryPage} />
        <Card title={say("image.commands")} text={say("repository.commands.text")}>
          {image.pull_commands.map(({ client, command }) => (
            <CommandLine key={client} what={client} line={command} />
          ))}
          <PlainHttpNote />
        </Card>
      </div>
      {image.platforms.length > 0 && (
        <PlatformsCard image={image} repositoryPage={repositoryPage} />
      )}
      {image.referrers.length > 0 && (
        <ReferrersCard image={image} repositoryPage={repositoryPage} />
      )}
      {image.layers.length > 0 && <LayersCard image={image} />}
      {Object.keys(image.labels).length > 0 && <LabelsCard labels={image.labels} />}
      {isOwner && tag !== null && <PullsCard repository={path} tag={tag} />}
      {copying && (
        <CopyImageDialog
          namespace={namespace}
          repository={repository}
          reference={reference}
          isOwner={isOwner}
          onClose={() => setCopying(false)}
        />
      )}
      {deleting && (
        <DeleteImageDialog
          namespace={namespace}
          repository={repository}
          reference={reference}
          onClose={() => setDeleting(false)}
          onDeleted={() => navigate(repositoryPage, { replace: true })}
        />
      )}
    </Page>
  );
}
