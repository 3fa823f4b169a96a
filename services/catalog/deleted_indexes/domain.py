"""How long the children of a deleted index stay known."""

from datetime import timedelta

KEPT_AFTER_DELETION = timedelta(days=30)
"""Longer than the events service can be down while the registry keeps its events in memory.

The children stay known even longer if the inbox has a pull event that is as old, because a late
event of its client counts it again.
"""
