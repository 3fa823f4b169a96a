"""Whole Moorage installations: start them, inspect their processes, run their commands."""
