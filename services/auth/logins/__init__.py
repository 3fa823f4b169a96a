"""Checking passwords: throttled, off the event loop, and remembered for a while so that a fleet pays one hash, not one per request."""
