import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { type Key, useWords } from "../../i18n";
import { Failed, Loading } from "../../parts/feedback/states";
import { lazyDialog } from "../../parts/page/lazy";
import { Page } from "../../parts/page/page";
import { CommandLine } from "../../parts/text/command-line";
import { dockerImport, dockerLogin, dockerPush, registryHost } from "../../parts/text/commands";
import { type Progress, type Pusher, readProgress } from "./progress";

const NamespaceDialog = lazyDialog(() => import("../namespaces/namespace-dialog"));
const DockerUserDialog = lazyDialog(() => import("../docker-users/docker-user-dialog"));
const FirstGrantDialog = lazyDialog(() => import("./first-grant-dialog"));

/** The steps that a dialog completes; the user completes the last step, the push, with Docker. */
type DialogStep = "namespace" | "dockerUser" | "grant";

/** The steps to a first image: a namespace, a Docker user, a grant, and a push. */
export default function FirstStepsPage(): ReactNode {
  const { say } = useWords();
  const [openStep, setOpenStep] = useState<DialogStep | null>(null);
  const query = useQuery({
    queryKey: ["first-steps"],
    queryFn: readProgress,
    refetchInterval: ({ state }) =>
      state.data?.pushed ? false : state.data?.pusher ? 2000 : 10_000,
  });
  const close = () => {
    setOpenStep(null);
    void query.refetch();
  };
  if (query.isPending) {
    return <Loading />;
  }
  if (query.isLoadingError) {
    return <Failed error={query.error} retry={() => void query.refetch()} />;
  }
  const progress = query.data;
  return (
    <Page title={say("firstSteps.title")} text={say("firstSteps.text")}>
      {progress.pushed && (
        <Alert
          className="banner"
          type="success"
          showIcon
          title={say("firstSteps.finished")}
          action={<Link href="/repositories">{say("firstSteps.toRepositories")}</Link>}
        />
      )}
      <Steps progress={progress} onOpen={setOpenStep} />
      {openStep === "namespace" && <NamespaceDialog action={{ kind: "create" }} onClose={close} />}
      {openStep === "dockerUser" && (
        <DockerUserDialog action={{ kind: "create" }} onClose={close} />
      )}
      {openStep === "grant" && (
        <FirstGrantDialog namespaces={progress.namespaces} users={progress.users} onClose={close} />
      )}
    </Page>
  );
}

const STEPS = ["namespace", "dockerUser", "grant", "push"] as const;

const BUTTONS: Record<DialogStep, Key> = {
  namespace: "namespaces.create",
  dockerUser: "dockerUsers.create",
  grant: "grants.add",
};

interface StepsProps {
  progress: Progress;
  onOpen: (step: DialogStep) => void;
}

function Steps({ progress, onOpen }: StepsProps): ReactNode {
  const { say } = useWords();
  const completed = {
    namespace: progress.namespaces.length > 0,
    dockerUser: progress.users.length > 0,
    grant: progress.pusher !== null,
    push: progress.pushed,
  };
  const currentStep = STEPS.find((step) => !completed[step]);
  return (
    <ol className="steps">
      {STEPS.map((step, index) => (
        <li
          key={step}
          className={`step ${completed[step] ? "done" : step === currentStep ? "now" : ""}`}
          aria-current={step === currentStep ? "step" : undefined}
        >
          <span className="step-mark" aria-hidden="true">
            {completed[step] ? "✓" : index + 1}
          </span>
          <div>
            <h2>
              {say(`firstSteps.${step}`)}{" "}
              {completed[step] && (
                <span className="visually-hidden">({say("firstSteps.done")})</span>
              )}
            </h2>
            <p className="page-text">{say(`firstSteps.${step}.text`)}</p>
            {step === "push"
              ? progress.pusher !== null && (
                  <PushCommands pusher={progress.pusher} waiting={!progress.pushed} />
                )
              : step === currentStep && (
                  <Button type="primary" onClick={() => onOpen(step)}>
                    {say(BUTTONS[step])}
                  </Button>
                )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function PushCommands({ pusher, waiting }: { pusher: Pusher; waiting: boolean }): ReactNode {
  const { say } = useWords();
  const host = registryHost();
  const image = `${pusher.namespace}/hello:v1`;
  return (
    <>
      <CommandLine what={say("repository.login")} line={dockerLogin(host, pusher.user)} />
      <CommandLine what={say("firstSteps.pull")} line="docker pull hello-world" />
      <CommandLine
        what={say("repository.pushTag")}
        line={`docker tag hello-world ${host}/${image}`}
      />
      <CommandLine what={say("firstSteps.import")} line={dockerImport(host, image)} />
      <CommandLine what={say("repository.push")} line={dockerPush(host, image)} />
      {waiting && <p className="page-text">{say("firstSteps.waiting")}</p>}
    </>
  );
}
