"""Docker users: the credentials that accounts own and hand to others."""
