"""Grants: which Docker user may pull from, or push to, a namespace."""
