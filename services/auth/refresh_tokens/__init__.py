"""Refresh tokens: what `docker login` keeps instead of a password, for Docker users whose `token_login` is on (spec 3)."""
