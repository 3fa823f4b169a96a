"""Deleting a tag and nothing else, on registries that can and on those that cannot; a push that comes in between wins (docs/adr/0011)."""
