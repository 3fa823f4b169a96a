"""One installation at a time in a data folder, and on a port."""

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ops.errors import OpsError, SettingError
from ops.layout import Layout


@contextmanager
def only_run(layout: Layout) -> Iterator[None]:
    """Hold the data folder; raises OpsError when another run has it. The kernel lets go of it whatever ends us."""
    with (layout.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OpsError(f"MOORAGE_DATA: another moorage already runs on {layout.root}") from None
        yield


def check_port(port: int) -> bool:
    """Raise SettingError when `port` cannot be listened on; return whether that holds for IPv6 too."""
    _listen(socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - the one port that is meant for all addresses
    try:
        _listen(socket.AF_INET6, "::", port)
    except SettingError:
        raise
    except OSError:  # a machine without IPv6
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
                "MOORAGE_PORT", f"only root may listen on port {port}; choose one above 1023"
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SettingError(
                    "MOORAGE_PORT", f"port {port} is in use; choose another"
                ) from None
            raise
