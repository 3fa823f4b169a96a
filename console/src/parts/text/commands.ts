import { shellWord } from "./format";

/** The address that clients use: the one that the browser is on. */
export function registryHost(): string {
  return window.location.host;
}

/** Docker speaks plain http to the machine itself alone, unless its settings name the address (`insecure-registries`). */
export function isRefusedByDocker({
  protocol,
  hostname,
}: {
  protocol: string;
  hostname: string;
}): boolean {
  return (
    protocol === "http:" &&
    hostname !== "localhost" &&
    hostname !== "[::1]" &&
    !/^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

export function dockerLogin(host: string, username: string): string {
  return `docker login ${host} -u ${shellWord(username)}`;
}

/** With the secret on standard input, so that it is in no process list. */
export function dockerLoginWith(host: string, username: string, secret: string): string {
  return `echo ${shellWord(secret)} | docker login ${host} -u ${shellWord(username)} --password-stdin`;
}

export function kubernetesSecret(host: string, username: string, secret: string): string {
  const options = [
    `--docker-server=${host}`,
    `--docker-username=${shellWord(username)}`,
    `--docker-password=${shellWord(secret)}`,
  ];
  return `kubectl create secret docker-registry moorage-${username.replaceAll(/[._]+/g, "-").replace(/-+$/, "")} ${options.join(" ")}`;
}

/** With the key on standard input too. */
export function curlWith(origin: string, secret: string): string {
  return `echo ${shellWord(`Authorization: Bearer ${secret}`)} | curl -H @- ${origin}/api/v1/repositories`;
}

export function dockerPull(host: string, image: string): string {
  return `docker pull ${host}/${image}`;
}

export function dockerTag(host: string, image: string): string {
  return `docker tag ${image.split("/").pop()} ${host}/${image}`;
}

export function dockerPush(host: string, image: string): string {
  return `docker push ${host}/${image}`;
}
