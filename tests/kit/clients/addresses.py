"""The names and addresses under which the tests' clients reach the stack."""

NAME = "registry.moorage.test"
"""A name of the stack that only the clients' own /etc/hosts know."""
SECURE_NAME = "secure.moorage.test"
"""The same for the https stack."""
SECURE_ADDRESS = "127.0.0.2"
"""A loopback address besides 127.0.0.1, where the https stack is reached."""
HOSTS = {NAME: "127.0.0.1", SECURE_NAME: SECURE_ADDRESS}
