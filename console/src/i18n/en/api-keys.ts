export const apiKeys = {
  "apiKeys.title": "API keys",
  "apiKeys.text": "Programs call the JSON API with an API key instead of a password.",
  "apiKeys.create": "Create API key",
  "apiKeys.show": "Show API keys",
  "apiKeys.empty": "No API keys yet",
  "apiKeys.empty.text":
    "Create one for each program that manages namespaces, grants, or repositories.",
  "apiKeys.read": "Read",
  "apiKeys.read.text": "Can view everything that the account owns. Cannot change anything.",
  "apiKeys.write": "Read and write",
  "apiKeys.write.text":
    "Can change all objects except API keys, access tokens, passwords, Docker users, and accounts.",
  "apiKeys.revoke": "Revoke API key",
  "apiKeys.revoke.text": "Programs that use “{{name}}” can no longer call the API.",
  "apiKeys.created": "Your API key",
  "apiKeys.secret": "API key",
  "apiKeys.tryIt": "Try it out",
};
