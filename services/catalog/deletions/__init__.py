"""Deletions: repositories and namespaces that go away by themselves, and names that are not free yet (docs/adr/0011)."""
