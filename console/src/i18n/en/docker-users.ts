/** The list of Docker users, and the page of one Docker user. */
export const dockerUsers = {
  "dockerUsers.title": "Docker users",
  "dockerUsers.dockerUser": "Docker user",
  "dockerUsers.create": "Create Docker user",
  "dockerUsers.search": "Search names and descriptions",
  "dockerUsers.empty": "No Docker users yet",
  "dockerUsers.empty.text":
    "You log in as a Docker user with docker login. Create one for each person or machine.",
  "dockerUsers.username": "User name",
  "dockerUsers.status": "Status",
  "dockerUsers.active": "Active",
  "dockerUsers.disabled": "Disabled",
  "dockerUsers.lastLogin": "Last login",
  "dockerUsers.disable": "Disable",
  "dockerUsers.disable.title": "Disable Docker user",
  "dockerUsers.disable.text":
    "{{user}} can no longer log in, pull, or push, not even with an access token. Issued registry tokens expire within minutes.",
  "dockerUsers.enable": "Enable",
  "dockerUsers.change.title": "Edit Docker user",
  "dockerUsers.changePassword": "Change password",
  "dockerUsers.changePassword.text":
    "This immediately ends all logins of this Docker user. Its access tokens stay valid; revoke them separately.",
  "dockerUsers.delete": "Delete Docker user",
  "dockerUsers.delete.text":
    "This deletes {{user}} with its grants and tokens. Nobody can log in as {{user}} afterwards.",
  "dockerUsers.tokenLogin": "docker login stores a token instead of the password",
  "dockerUsers.tokenLogin.text":
    "Safer on personal computers. Leave it off to create Kubernetes pull secrets from config.json.",
  "dockerUsers.loginStores": "docker login stores",
  "dockerUsers.loginStores.token": "A token",
  "dockerUsers.loginStores.password": "The password",
  "dockerUsers.grants": "Grants",
  "dockerUsers.grants.text":
    "Other accounts can grant access to their namespaces. Hide a grant that you do not want to see; this does not change the access.",
  "dockerUsers.grants.inShared": "In “Shared with me”",
  "dockerUsers.grants.shown": "Shown",
  "dockerUsers.grants.hidden": "Hidden",
  "dockerUsers.grants.hide": "Hide",
  "dockerUsers.grants.show": "Show",
  "dockerUsers.grants.empty": "No grants",
  "dockerUsers.grants.empty.text":
    "Add grants on the page of a namespace. Pulling from a public namespace requires no grant.",
  "dockerUsers.commands": "Log in",
  "dockerUsers.created": "Docker user created",
  "dockerUsers.passwordChanged": "Password changed",
};
