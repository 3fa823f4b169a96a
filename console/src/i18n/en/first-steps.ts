export const firstSteps = {
  "firstSteps.title": "First steps",
  "firstSteps.text": "Push your first image in four steps.",
  "firstSteps.namespace": "Create a namespace",
  "firstSteps.namespace.text": "The namespace is the first part of your image names.",
  "firstSteps.dockerUser": "Create a Docker user",
  "firstSteps.dockerUser.text": "You log in as this user with docker login.",
  "firstSteps.grant": "Allow pushing",
  "firstSteps.grant.text": "A grant defines what the Docker user can do in the namespace.",
  "firstSteps.push": "Push an image",
  "firstSteps.push.text": "Run these commands on a machine with Docker.",
  "firstSteps.pull": "Get an image to push, for example from Docker Hub",
  "firstSteps.import":
    "Or, instead of both and without Docker Hub: make an image of a local file (Linux, macOS)",
  "firstSteps.done": "done",
  "firstSteps.finished": "Your first image has arrived.",
  "firstSteps.toRepositories": "Show my repositories",
  "firstSteps.waiting": "This page updates automatically when your image arrives.",
};
