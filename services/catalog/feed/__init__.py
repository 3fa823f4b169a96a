"""The feed: turns what happened in the registry into repositories, manifests and tags."""
