/** The frame of every page: header, menu, and pages that do not exist. */
export const app = {
  "app.product": "Docker image registry",
  "app.menu": "Menu",
  "app.skip": "Skip to content",
  "app.language": "Language",
  "app.signOut": "Sign out",
  "app.signOutEverywhere": "Sign out everywhere",
  "app.signOutEverywhere.text":
    "Ends every session of this account. Each browser and device must sign in again.",
  "app.account": "My account",
  "app.connectionLost": "The connection to the server was lost. Reconnecting …",
  "app.apiDocs": "API reference",

  "nav.repositories": "Repositories",
  "nav.namespaces": "Namespaces",
  "nav.dockerUsers": "Docker users",
  "nav.firstSteps": "First steps",
  "nav.activity": "Activity",
  "nav.apiKeys": "API keys",
  "nav.accounts": "Accounts",
  "nav.pipeline": "Registry events",
  "nav.administration": "Administration",

  "notFound.title": "Page not found",
  "notFound.text":
    "The address is wrong, the object was deleted, or you do not have permission to view it.",
  "notFound.back": "Go to repositories",
  "nav.trash": "Trash",
  "nav.overview": "Overview",
};
