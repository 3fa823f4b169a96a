"""What `moorage drift --json` prints."""

import json

import pytest

from ops.maintenance.drift_report import print_json
from services.catalog.sync.drift.domain import Difference, Kind
from services.catalog.sync.drift.usecases import Comparison


def test_json_says_which_differences_were_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    new = Difference("team/app", "v1", Kind.TAG_MISSING, registry="sha256:a")
    lost = Difference("team/app", "v2", Kind.DAMAGED, catalog="sha256:b")
    print_json(Comparison(3, [new, lost], {"team/x": "the reason"}), left=[lost])
    assert json.loads(capsys.readouterr().out) == {
        "repositories": 3,
        "differences": [
            {
                "repository": "team/app",
                "reference": "v1",
                "kind": "tag_missing",
                "catalog": None,
                "registry": "sha256:a",
                "repaired": True,
            },
            {
                "repository": "team/app",
                "reference": "v2",
                "kind": "damaged",
                "catalog": "sha256:b",
                "registry": None,
                "repaired": False,
            },
        ],
        "not_compared": {"team/x": "the reason"},
    }
