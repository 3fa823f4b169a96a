"""Every test double, waiter, client, and installation that tests share."""
