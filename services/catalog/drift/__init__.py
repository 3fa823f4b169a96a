"""Drift: what the catalog and the registry say differently, and how the catalog is mended. The registry is never changed."""
