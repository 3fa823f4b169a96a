"""The `moorage` command: everything that is done to an installation rather than by it.

It prepares a data folder (secrets, rendered configuration, PostgreSQL, Debian's nginx and docker-registry), migrates
the database, starts the services, and keeps the processes of `make run` alive. It may import services and libs;
neither imports it.
"""
