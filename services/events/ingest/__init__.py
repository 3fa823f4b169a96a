"""Ingest: the registry's webhook, from its bytes to rows of the inbox."""
