"""Sessions of accounts at the JSON API and console: a short access token, and a refresh cookie that rotates (spec 4, "Signing in")."""
