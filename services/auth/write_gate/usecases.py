"""Decides whether the gateway may send a write to the registry."""

from libs.common.disk import FreeSpace
from services.auth.write_gate.domain import Refusal, refuse_for_disk


class WriteGate:
    """Refuses writes while a disk is nearly full."""

    def __init__(self, free_space: FreeSpace) -> None:
        self._free_space = free_space

    async def find_refusal(self, *, method: str) -> Refusal | None:
        """Return the refusal of a write, or None if it is allowed.

        While a disk is nearly full, uploads and manifests are refused; deletions go on.
        """
        return refuse_for_disk(method) if self._free_space.low_disk is not None else None
