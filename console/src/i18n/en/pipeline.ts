/** The administrator's page about the events of the registry. */
export const pipeline = {
  "pipeline.title": "Registry events",
  "pipeline.text":
    "The registry sends an event for every push, pull, and deletion. Moorage counts these events.",
  "pipeline.pending": "Waiting",
  "pipeline.longestWait": "Longest wait",
  "pipeline.last": "Last event",
  "pipeline.deadLetters": "Not processed",
  "pipeline.allCounted": "All events are counted.",
  "pipeline.someWaiting": "Some events are waiting to be counted.",
  "pipeline.someDeadLettered": "Some events could not be processed. See the list below.",
  "pipeline.deadLetters.title": "Events that could not be processed",
  "pipeline.deadLetters.text":
    "These events are not counted and do not delay others. Retry them after an update of Moorage.",
  "pipeline.received": "Received",
  "pipeline.reason": "Reason",
  "pipeline.size": "Size",
  "pipeline.content": "Content",
  "pipeline.replay": "Try again",
  "pipeline.noDeadLetters": "No unprocessed events",
  "pipeline.noDeadLetters.text": "Every event was processed.",
};
