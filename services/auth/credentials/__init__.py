"""Who can sign in: accounts and Docker users, as the catalog publishes them in ``catalog.credentials``."""
