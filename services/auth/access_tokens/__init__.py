"""Access tokens of Docker users: what machines use as the password of `docker login` (spec 3, "Access tokens for machines")."""
