"""Real nginx and Distribution processes, and doubles of the services behind them."""
