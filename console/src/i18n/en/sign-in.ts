export const signIn = {
  "signIn.title": "Sign in",
  "signIn.text": "Manage your images, namespaces, and Docker users.",
  "signIn.username": "Account name",
  "signIn.submit": "Sign in",
  "signIn.ended": "Your session has ended. Sign in again to return to the page that you were on.",
};
