"""Dead letters: what the registry delivered and nobody understood, kept aside until somebody looks."""
