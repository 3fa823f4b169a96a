/** The administrator's page about the events of the registry. */
export const pipeline = {
  "pipeline.title": "Registry events",
  "pipeline.text":
    "The registry sends an event for every push, pull, and deletion. Moorage counts these events.",
  "pipeline.pending": "Waiting",
  "pipeline.age": "Longest wait",
  "pipeline.seconds": "{{count}} s",
  "pipeline.last": "Last event",
  "pipeline.aside": "Not processed",
  "pipeline.fine": "All events are counted.",
  "pipeline.busy": "Some events are waiting to be counted.",
  "pipeline.attention": "Some events could not be processed. See the list below.",
  "pipeline.asideTitle": "Events that could not be processed",
  "pipeline.asideText":
    "These events are not counted and do not delay others. Retry them after an update of Moorage.",
  "pipeline.received": "Received",
  "pipeline.reason": "Reason",
  "pipeline.size": "Size",
  "pipeline.content": "Content",
  "pipeline.again": "Try again",
  "pipeline.empty": "No unprocessed events",
  "pipeline.empty.text": "Every event was processed.",
};
