"""Real container clients and a Docker engine, each with its own files and host names."""
