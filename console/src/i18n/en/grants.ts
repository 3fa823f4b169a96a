export const grants = {
  "grants.title": "Grants",
  "grants.text": "A grant allows a Docker user to pull, push, or delete images of this namespace.",
  "grants.add": "Add grant",
  "grants.change": "Edit grant",
  "grants.changed": "Changed",
  "grants.remove": "Remove grant",
  "grants.remove.text":
    "{{user}} loses the access that this grant gives. Issued tokens expire within minutes.",
  "grants.empty": "No grants yet",
  "grants.empty.text":
    "Without a grant, nobody can push to this namespace, not even your own Docker users.",
  "grants.dockerUser": "Docker user",
  "grants.whose": "Owner of the Docker user",
  "grants.whose.own": "My account",
  "grants.whose.other": "Another account",
  "grants.otherAccount": "Account of the Docker user",
  "grants.otherAccount.text":
    "Both names must match, so that a typing error cannot grant access to a stranger.",
  "grants.pick": "Choose a Docker user",
};
