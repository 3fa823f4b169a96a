"""Host names and addresses at which clients reach the stacks."""

NAME = "registry.moorage.test"
"""A host name of the http stack, which only the clients' own /etc/hosts contains."""
SECURE_NAME = "secure.moorage.test"
"""A host name of the https stack, likewise."""
SECURE_ADDRESS = "127.0.0.2"
"""A second loopback address, for the https stack."""
HOSTS = {NAME: "127.0.0.1", SECURE_NAME: SECURE_ADDRESS}
