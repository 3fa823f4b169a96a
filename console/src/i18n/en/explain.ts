/** The answer to “Why is it denied?”. */
export const explain = {
  "explain.title": "Why is it denied?",
  "explain.text":
    "Docker reports only “denied”. Ask here whether a Docker user can pull, push, or delete, and why.",
  "explain.user": "Docker user (empty: not logged in)",
  "explain.action": "Action",
  "explain.action.pull": "Pull",
  "explain.action.push": "Push",
  "explain.action.delete": "Delete",
  "explain.submit": "Explain",
  "explain.allowed": "Allowed",
  "explain.denied": "Denied",
  "explain.toUser": "Open the Docker user",
  "explain.toGrants": "Open the grants",
  "explain.rule.public": "The namespace {{namespace}} is public.",
  "explain.rule.granted": "A grant in the namespace {{namespace}} allows it.",
  "explain.rule.no_grant": "{{user}} has no grant in the namespace {{namespace}}. Add one.",
  "explain.rule.weaker_grant":
    "The grant of {{user}} in the namespace {{namespace}} does not include this action. Change the grant.",
  "explain.rule.user_disabled": "{{user}} or its account is disabled. Enable it.",
  "explain.rule.user_unknown":
    "No Docker user of your account, and none with a grant in {{namespace}}, has the name {{user}}. Check the name, or add a grant.",
  "explain.rule.anonymous": "Nobody is logged in. Log in with docker login as a Docker user.",
  "explain.rule.name_reserved":
    "{{repository}} is being deleted, or was deleted a short while ago. Wait until its name is free again.",
  "denials.title": "Recent denials",
  "denials.text":
    "What Docker clients requested here in the last seven days and did not get. Clients show only “denied”.",
  "denials.empty": "Nothing was denied",
  "denials.empty.text": "If a client is denied access here, it appears within a few seconds.",
  "denials.who": "Client",
  "denials.client.docker_user": "A Docker user",
  "denials.client.other_account": "A Docker user of another account",
  "denials.client.anonymous": "Not logged in",
  "denials.rule": "Reason",
  "denials.rule.anonymous": "The client did not log in. It must run docker login as a Docker user.",
  "denials.rule.no_grant": "No grant in this namespace allows it. Add or change a grant.",
  "denials.rule.limited_token":
    "The access token allows less than the grant. Create a token with more permissions.",
  "denials.rule.name_reserved":
    "The repository is being deleted, or its name is still reserved. Wait until the name is free.",
  "denials.occurrences": "Times",
  "denials.last": "Last",
};
