"""What a Docker user may do in a namespace: spec 2, rules 1 to 7."""
