/**
 * Returns the page that shows the target of an audit entry. Returns null if the target has no page,
 * or if the action deleted it.
 */
export function targetPage(action: string, target: string): string | null {
  const [kind, name] = target.split("/");
  if (
    /^(namespace|repository|image|docker_user)\.deleted?$/.test(action) ||
    !name ||
    name === "-"
  ) {
    return null;
  }
  if (kind === "namespaces" || kind === "docker-users") {
    return `/${kind}/${name}`;
  }
  if (kind === "images" && (action === "image.push" || action === "image.copy")) {
    return `/repositories/${target.slice("images/".length)}`;
  }
  return kind === "repositories" ? `/${target}` : kind === "api-keys" ? "/account/api-keys" : null;
}

/** Returns the target of an action; for one on rules, the object that the rules are for. */
export function targetObject(action: string, target: string): string {
  return action.startsWith("rules.") ? target.replace(/\/rules$/, "") : target;
}
