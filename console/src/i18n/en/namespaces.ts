/** The list of namespaces, and the page of one namespace. */
export const namespaces = {
  "namespaces.title": "Namespaces",
  "namespaces.namespace": "Namespace",
  "namespaces.create": "Create namespace",
  "namespaces.change": "Edit namespace",
  "namespaces.search": "Search names and descriptions",
  "namespaces.empty": "No namespaces yet",
  "namespaces.empty.text":
    "The first part of an image name. You decide for each namespace who can pull and push.",
  "namespaces.repositories": "Repositories",
  "namespaces.delete": "Delete namespace",
  "namespaces.delete.text": "This permanently deletes the namespace and its grants.",
  "namespaces.delete.cascade":
    "Repositories in it: {{count}} ({{size}}). They and all their images are deleted too.",
  "namespaces.makePublic.text":
    "Every signed-in Docker user will be able to pull from this namespace.",
  "namespaces.deleting":
    "This namespace is being deleted with everything in it. It disappears soon.",
  "namespaces.ofOtherAccount":
    "This namespace belongs to another account. You see the repositories that you can pull from.",
};
