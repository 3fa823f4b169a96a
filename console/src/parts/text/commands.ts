/** Returns the registry's host and port, which are those of the console. */
export function registryHost(): string {
  return window.location.host;
}

/**
 * Returns whether this address is plain HTTP to another machine. Anyone on the way can read it, and
 * Docker refuses such a registry by default: it uses plain HTTP only for the local machine, and for
 * hosts under `insecure-registries` in the configuration of its engine.
 */
export function isPlainRemote({
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

/** The command that makes an image from a file that every machine has, without another registry. */
export function dockerImport(host: string, image: string): string {
  return `tar -cf - /etc/hosts | docker import - ${host}/${image}`;
}

/** Quotes `value` as one word of a POSIX shell, if it needs quotes. */
export function quoteShellWord(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** The command that signs in and prompts for the password. */
export function dockerLogin(host: string, username: string): string {
  return `docker login ${host} -u ${quoteShellWord(username)}`;
}

/**
 * The command that signs in with `secret`. It passes the secret on standard input, because every
 * user of a machine can read the arguments of a process.
 */
export function dockerLoginWithSecret(host: string, username: string, secret: string): string {
  const login = `docker login -u ${quoteShellWord(username)} --password-stdin ${host}`;
  return `printf %s ${quoteShellWord(secret)} | ${login}`;
}

/**
 * The command that creates or changes a pull secret of Kubernetes. It passes the manifest on
 * standard input, because every user of a machine can read the arguments of a process.
 */
export function applyPullSecret(host: string, username: string, secret: string): string {
  // A Kubernetes name allows neither "_" nor a trailing "-".
  const name = `moorage-${username.replaceAll(/[._]+/g, "-").replace(/-+$/, "")}`;
  const config = JSON.stringify({ auths: { [host]: { username, password: secret } } });
  return [
    "kubectl apply -f - <<'EOF'",
    "apiVersion: v1",
    "kind: Secret",
    "metadata:",
    `  name: ${name}`,
    "type: kubernetes.io/dockerconfigjson",
    "stringData:",
    `  .dockerconfigjson: '${config.replaceAll("'", "''")}'`,
    "EOF",
  ].join("\n");
}

/** The command that lists repositories with an API key, which it passes on standard input. */
export function curlWithApiKey(origin: string, secret: string): string {
  const header = quoteShellWord(`Authorization: Bearer ${secret}`);
  return `echo ${header} | curl -H @- ${origin}/api/v1/repositories`;
}

/** The command that pulls `image`, a repository with a tag. */
export function dockerPull(host: string, image: string): string {
  return `docker pull ${host}/${image}`;
}

/** The command that tags the local image of the same name for this registry. */
export function dockerTag(host: string, image: string): string {
  return `docker tag ${image.split("/").pop()} ${host}/${image}`;
}

/** The command that pushes `image`, a repository with a tag. */
export function dockerPush(host: string, image: string): string {
  return `docker push ${host}/${image}`;
}
