"""HTTP clients of a running Moorage: JSON API, token endpoint, registry, and webhook."""
