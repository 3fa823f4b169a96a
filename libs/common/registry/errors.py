"""Errors of calls to Distribution."""


class RegistryUnavailable(Exception):
    """The registry did not answer, or its answer is invalid."""


class RegistryRefused(RegistryUnavailable):
    """The registry answered with the unexpected status code ``status``."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"{call} returned status {status}")
        self.status = status
