"""Namespaces: the first component of an image path, owned by one account."""
