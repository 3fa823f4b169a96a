"""Counting: from pull events to pulls and checks per hour, exactly once whatever the order of delivery (spec 6)."""
