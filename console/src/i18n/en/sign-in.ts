export const signIn = {
  "signIn.title": "Sign in",
  "signIn.text": "Manage your images, namespaces, and Docker users.",
  "signIn.username": "Account name",
  "signIn.submit": "Sign in",
  "signIn.plainHttp":
    "This connection is not encrypted. Others on the network can read your password. Use HTTPS.",
  "signIn.forgotten": "Forgot your password?",
  "signIn.askAdministrator": "An administrator can set a new one under Accounts.",
  "signIn.administrator":
    "If no administrator can sign in, run this on the server. The handbook shows it for containers:",
  "signIn.dockerUser": "Docker users cannot sign in here. They are for docker login.",
  "signIn.ended": "Your session has ended. Sign in again to return to the page that you were on.",
};
