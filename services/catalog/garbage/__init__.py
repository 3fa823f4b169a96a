"""Garbage: manifests that nobody has tagged for long, and the pause of writes while the registry's own collector runs (spec 7)."""
