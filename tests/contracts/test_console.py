"""The console's types are those of the OpenAPI documents, and its lock file belongs to no one registry."""

import json
import subprocess

import pytest

from ops.npm import CONSOLE, npm


def test_the_types_of_the_api_are_current() -> None:
    if not (CONSOLE / "node_modules" / "openapi-typescript").is_dir():
        pytest.skip("the console's packages are not installed: run `moorage console --dev`")
    npm("run", "types:check")


def test_the_lock_file_names_no_registry_and_a_hash_for_each_package() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    without = [name for name, package in packages.items() if name and ("resolved" in package or "integrity" not in package)]
    assert without == []


def test_what_is_built_is_no_part_of_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "console"], cwd=CONSOLE.parent, capture_output=True, text=True, check=True)
    assert not [
        name for name in listed.stdout.split() if name.split("/")[1] in {"dist", "dist.new", "node_modules", ".npm-cache", ".built"}
    ]
