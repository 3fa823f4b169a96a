"""Whether the registry may be written to: the gateway asks before each write, for the collection of garbage pauses them."""
