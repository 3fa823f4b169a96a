"""The unit tests alone cover the branches of every ``domain.py``."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MIN_PERCENT = 90


def test_unit_tests_cover_the_branches_of_each_domain(tmp_path: Path) -> None:
    report = tmp_path / "coverage.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0"),
            *(f"tests/unit/{service}" for service in ("auth", "catalog", "events")),
            *("--cov=services", "--cov-branch", f"--cov-report=json:{report}"),
        ],
        cwd=ROOT,
        env={"COVERAGE_FILE": str(tmp_path / "coverage"), "PATH": "/usr/bin:/bin"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    files = json.loads(report.read_text())["files"]
    branches = {
        path: (summary["covered_branches"], summary["num_branches"])
        for path, summary in ((path, file["summary"]) for path, file in files.items())
        if path.endswith("/domain.py")
    }
    assert len(branches) > 20
    low = {
        path: f"{covered} of {all_} branches"
        for path, (covered, all_) in branches.items()
        if covered * 100 < all_ * MIN_PERCENT
    }
    assert not low
