"""The audit trail: what this service appends, and the union that `/audit` reads."""
