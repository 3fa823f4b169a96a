"""Garbage collection on schedule."""

from pathlib import Path

import pytest

from ops.errors import SettingError
from ops.layout import Layout
from ops.maintenance.gc_schedule import collect_on_schedule
from ops.settings import load_run_settings


async def test_a_schedule_of_zero_hours_is_an_error(tmp_path: Path) -> None:
    settings = load_run_settings({"GC_SCHEDULE_HOURS": "0"})
    with pytest.raises(SettingError, match=r"^GC_SCHEDULE_HOURS: is 0"):
        await collect_on_schedule(Layout(tmp_path), settings)
