/**
 * Errors that the console shows. `error.<code>` is the text for a code of the JSON API
 * (docs/errors.md); codes without a text get one by their HTTP status.
 */
export const errors = {
  "error.loading": "Loading failed",
  "error.connection": "The server is unreachable. Check your connection, then try again.",
  "error.unknown":
    "Server error ({{status}}). Try again. If the error persists, contact your administrator.",
  "error.validation": "Some fields are invalid. Correct the fields that are marked below.",
  "error.field": "This value is invalid",
  "error.render": "This page cannot be shown because of an error. Reload the page.",
  "error.reload": "Reload",
  "error.available": "The name is available again on {{time}}.",
  "error.wait": "Try again in {{time}}.",
  "error.login_refused": "The account name or the password is incorrect.",
  "error.login_throttled": "Too many failed sign-ins.",
  "error.logins_busy": "Too many people are signing in.",
  "error.password_throttled": "Too many incorrect passwords.",
  "error.too_many_requests": "Too many attempts.",
  "error.wrong_password": "The current password is incorrect.",
  "error.session_ended": "Your session has ended. Sign in again.",
  "error.unauthenticated": "You are not signed in. Sign in first.",
  "error.forbidden": "You do not have permission to do this.",
  "error.account_taken": "This name is taken by another account. Choose another name.",
  "error.docker_user_taken":
    "This name is taken. Names of Docker users are unique in the whole registry.",
  "error.namespace_taken":
    "This name is taken. Names of namespaces are unique in the whole registry.",
  "error.repository_taken": "This name is taken by another repository. Choose another name.",
  "error.limit_reached":
    "The account has as many of these as it can have. Delete one, or ask an administrator.",
  "error.name_reserved": "The name is reserved because it was in use until recently.",
  "error.namespace_not_empty": "The namespace contains repositories. Delete them first.",
  "error.last_administrator":
    "This is the last administrator. Make another account an administrator first.",
  "error.not_replayable":
    "The event still cannot be processed. Try again after an update of Moorage.",
  "error.not_found": "The object no longer exists.",
  "error.api_key_not_found": "The API key no longer exists.",
  "error.token_not_found": "The token no longer exists.",
  "error.registry_unavailable": "The registry is unavailable. Try again later.",
  "error.change_in_progress":
    "A push or deletion of the same image is still in progress. Try again in a moment.",
  "error.gc_in_progress": "Another garbage collection is running. Wait until it ends, or stop it.",
  "error.too_many_tags":
    "This namespace has too many tags for one preview. Preview its repositories one by one.",
  "error.docker_user_not_found": "The Docker user does not exist. Check its name and its account.",
  "error.namespace_not_found": "The namespace does not exist. Check its name.",
  "error.tag_immutable":
    "The tag is immutable: it can neither be moved nor deleted. Change the tag rules first.",
  "error.quota_exceeded":
    "The image does not fit into the storage quota of the account. Delete images, empty the trash, or ask an administrator for more.",
  "error.copy_refused": "The image cannot be copied.",
  "error.copy_unfinished":
    "The copy takes long and has not ended. Copy the image again: the copy goes on where it stopped.",
  "error.needed_by_index":
    "A multi-platform image contains this image. Delete the multi-platform image first.",
  "error.trash_busy":
    "The deletion or another restore of it is not finished. Try again in a moment.",
  "error.name_taken":
    "The name was taken after the deletion. Choose another tag, or delete what has the name.",
  "error.parent_missing":
    "The repository or namespace does not exist any more. Restore or create it first.",
  "error.content_missing": "A part of the image was deleted separately. Restore it first.",
  "error.repository_deleting": "The repository is being deleted. Try again later.",
  "error.namespace_deleting": "The namespace is being deleted. Try again later.",
  "error.conflict": "The object has changed in the meantime. Reload the page.",
  "error.unavailable": "The server is unavailable. Try again later.",
};
