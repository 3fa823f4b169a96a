"""One installation at a time per data folder and per port."""

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ops.errors import OpsError, SettingError
from ops.layout import Layout

LOCK = "lock"
"""The name of the file in the data folder that `moorage run` locks."""


class AlreadyRuns(OpsError):
    """Another Moorage runs on the data folder."""


@contextmanager
def only_run(layout: Layout) -> Iterator[None]:
    """Lock the data folder for the block. The kernel releases the lock when this process ends.

    Raises:
        AlreadyRuns: Another run has locked the folder.
    """
    with (layout.root / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(
                f"MOORAGE_DATA: another moorage already runs on {layout.root}"
            ) from None
        yield


def check_port(port: int) -> bool:
    """Return whether `port` is free for IPv6 too, which some machines do not have.

    Raises:
        SettingError: The port is in use, or only root can listen on it.
    """
    _listen(socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - the gateway serves all addresses
    try:
        _listen(socket.AF_INET6, "::", port)
    except SettingError:
        raise
    except OSError:
        return False
    return True


def _listen(family: socket.AddressFamily, host: str, port: int) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except PermissionError:
            raise SettingError(
                "MOORAGE_PORT", f"only root can listen on port {port}; choose one above 1023"
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SettingError(
                    "MOORAGE_PORT", f"port {port} is in use; choose another"
                ) from None
            raise
