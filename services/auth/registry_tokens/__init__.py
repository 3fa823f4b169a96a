"""Tokens for the registry: parse the request, authenticate, authorize, sign (Distribution token spec; spec 3)."""
