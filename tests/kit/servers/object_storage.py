"""A real S3 server, versitygw, whose objects are the files of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from tests.kit.go import NotBuilt
from tests.kit.install import toolbox
from tests.kit.servers.program import running_server
from tests.kit.servers.versitygw import VERSITYGW

_BUCKET = "images"
_ACCESS_KEY = ("moorage-tests", "secret-of-the-tests")
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A running S3 server with one bucket. An object `a/b` is the file `a/b` in ``files``."""

    endpoint: str
    bucket: str
    region: str
    access_key: tuple[str, str]
    files: Path

    @property
    def settings(self) -> dict[str, str]:
        """The settings of `make run` for this server."""
        return {
            "MOORAGE_STORAGE": "s3",
            "S3_ENDPOINT": self.endpoint,
            "S3_BUCKET": self.bucket,
            "S3_ACCESS_KEY_ID": self.access_key[0],
            "S3_SECRET_ACCESS_KEY": self.access_key[1],
        }

    def driver(self, prefix: str) -> dict[str, object]:
        """Return Distribution's storage driver, as `storage` in its configuration has it.

        ``prefix`` is Distribution's `rootdirectory`.
        """
        return {
            "s3": {
                "regionendpoint": self.endpoint,
                "region": self.region,
                "bucket": self.bucket,
                "rootdirectory": f"/{prefix}",
                "accesskey": self.access_key[0],
                "secretkey": self.access_key[1],
                "forcepathstyle": True,
                "secure": False,
            },
            "redirect": {"disable": True},
        }


@contextmanager
def running_object_storage(folder: Path) -> Iterator[ObjectStorage]:
    """Run versitygw until the context ends. Its bucket is in ``folder``.

    It runs as the user of the tests, so that it can delete the files that they write. Without Go,
    versitygw cannot be built, and the test is skipped.
    """
    try:
        program = VERSITYGW.built(toolbox().root)
    except NotBuilt as reason:
        pytest.skip(f"versitygw: {reason}")
    files = folder / "buckets" / _BUCKET
    files.mkdir(parents=True)
    with reserve() as port:
        address = port.address
    endpoint = f"http://{address}"
    command: list[str | Path] = [program, "--port", address, "--quiet", "posix", files.parent]
    access, secret = _ACCESS_KEY
    environment = child_environment(ROOT_ACCESS_KEY=access, ROOT_SECRET_KEY=secret)
    user = RunUser(os.getuid(), os.getgid())
    with running_server(user, command, folder / "s3.log", f"{endpoint}/", environment):
        yield ObjectStorage(endpoint, _BUCKET, _REGION, _ACCESS_KEY, files)
