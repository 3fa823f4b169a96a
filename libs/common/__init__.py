"""What two services need today: database access, errors, logs, health, tokens. It holds no business noun."""
