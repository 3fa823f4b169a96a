/** What an account stores, and its quota. */
export const storage = {
  "storage.title": "Storage",
  "storage.text":
    "Each layer counts once in the account, whatever the number of images that use it.",
  "storage.used": "Used",
  "storage.quota": "Quota",
  "storage.free": "Free",
  "storage.trash": "In the trash",
  "storage.none": "No quota",
  "storage.none.text": "The account can store as much as the disk holds.",
  "storage.limit": "Limit",
  "storage.limit.text": "A push that would exceed the quota is refused. Pulling is never limited.",
  "storage.amount": "Amount",
  "storage.amount.wrong": "A number from 0 up, such as 10 or 1.5",
  "storage.unit": "Unit",
  "storage.setQuota": "Set quota",
  "storage.usedNow": "In use: {{used}}, of which {{trash}} in the trash.",
  "storage.ofQuota": "{{used}} of {{quota}} used ({{percent}}%)",
  "storage.withoutQuota": "{{used}}, no quota",
  "storage.warning": "More than 80% of the storage quota is used.",
  "storage.critical":
    "The storage quota is almost used up. Delete images, or ask an administrator for more.",
  "storage.exceeded":
    "The storage quota is used up, so pushes are refused. Delete images, empty the trash, or ask an administrator for more.",
  "storage.view": "View storage",
  "storage.namespaces": "Show the namespaces with their size",
  "storage.deduplicated": "Storage used",
  "storage.deduplicated.text": "each layer once",
};
