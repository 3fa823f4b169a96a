"""HTTP clients of a running Moorage: the JSON API, the token endpoint, the registry, the webhook."""
