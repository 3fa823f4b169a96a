"""How much free space a disk needs."""

from pathlib import Path

import pytest

from libs.common.disk import FreeSpace, default_limit

GIGABYTE = 1024**3


@pytest.mark.parametrize(
    ("total", "limit"),
    [
        (10 * GIGABYTE, 10 * GIGABYTE * 2 // 100),
        (50 * GIGABYTE, GIGABYTE),
        (1000 * GIGABYTE, GIGABYTE),
    ],
)
def test_limit_is_a_gigabyte_or_two_percent_of_the_disk(total: int, limit: int) -> None:
    assert default_limit(total) == limit


def test_disk_below_its_limit_is_low(tmp_path: Path) -> None:
    space = FreeSpace({"images": tmp_path}, min_free_bytes=2**62)
    assert space.low_disk is None
    space.measure()
    assert space.low_disk == "images"


def test_disk_that_cannot_be_read_refuses_no_push(tmp_path: Path) -> None:
    space = FreeSpace({"images": tmp_path / "missing"}, min_free_bytes=2**62)
    space.measure()
    assert space.low_disk is None
