"""The disk space of folders."""

import os
import subprocess
from pathlib import Path

import pytest

from ops.host.disk import disk_usage, format_size


def test_disk_usage_counts_like_du(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(os.urandom(100_000))
    (tmp_path / "link").symlink_to("below/file")
    du = subprocess.run(
        ["du", "--summarize", "--block-size=1", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert disk_usage(tmp_path) == int(du.stdout.split()[0])


def test_a_missing_folder_takes_no_space(tmp_path: Path) -> None:
    assert disk_usage(tmp_path / "missing") == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (-2048, "-2.0 KiB"),
        (3 * 1024**3, "3.0 GiB"),
        (5 * 1024**5, "5120.0 TiB"),
    ],
)
def test_a_size_is_shown_with_a_unit(size: int, text: str) -> None:
    assert format_size(size) == text
