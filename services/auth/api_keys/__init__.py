"""API keys: how automation calls the JSON API as an account (spec 4, "Signing in")."""
