"""Accounts: the tenants, who sign in to console and API."""
