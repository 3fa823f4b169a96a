"""The filter of the audit trail."""

from datetime import UTC, datetime

import pytest

from libs.common.web.errors import Invalid
from services.catalog.audit.domain import EntryFilter

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 27, 13, tzinfo=UTC)


def test_filter_by_time_must_end_after_its_start() -> None:
    for start, end in ((NOON, LATER), (NOON, None), (None, NOON), (None, None)):
        EntryFilter(None, None, start, end)
    for end in (NOON, datetime(2026, 1, 1, tzinfo=UTC)):
        with pytest.raises(Invalid):
            EntryFilter(None, None, NOON, end)
