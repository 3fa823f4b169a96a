"""Private files and folders, owned by the user who reads them."""

import os
from pathlib import Path

from ops.host.privileges import RunUser


def private_dir(path: Path, user: RunUser) -> Path:
    """Make `path` a folder of `user` with mode 0700, create missing parents, and return it."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_mode & 0o777 != 0o700:
        path.chmod(0o700)
    user.own(path)
    return path


def write_private(path: Path, content: str | bytes, user: RunUser) -> None:
    """Write `content` to a file of `user` with mode 0600.

    The file is replaced as a whole: a reader sees the old content or the new content.
    """
    encoded = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(encoded)
        stream.flush()
        os.fsync(stream.fileno())
    user.own(temporary)
    temporary.replace(path)
