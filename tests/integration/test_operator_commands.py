"""The commands `moorage admin` and `moorage config`, as an operator runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from libs.common.security.passwords import hash_password
from ops.layout import Layout
from tests.kit.database import Database

SECRET = "a secret of the operator"


@pytest.fixture
def data(tmp_path: Path, emptied: Database) -> Path:
    """Return a data folder whose database is the test database."""
    layout = Layout(tmp_path / "data")
    layout.owner_url.parent.mkdir(parents=True)
    layout.owner_url.write_text(emptied.urls["owner"])
    return layout.root


def moorage(
    data: Path, *arguments: str, typed: str = "", **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        input=typed,
        env={**os.environ, "MOORAGE_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=240,  # a limit against a hang: a start takes 3 s of processor time
        check=False,
    )


async def test_admin_create_adds_and_audits_an_administrator_without_printing_the_password(
    data: Path, emptied: Database
) -> None:
    done = moorage(data, "admin", "create", "second", typed=f"{SECRET}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert SECRET not in done.stdout
    rows = await emptied.fetch(
        "SELECT role, password_hash FROM catalog.accounts WHERE username = 'second'"
    )
    assert rows[0]["role"] == "admin"
    assert rows[0]["password_hash"].startswith("$argon2id$")
    (entry,) = await emptied.fetch(
        "SELECT action, target, account, via, e::text AS whole FROM catalog.audit_entries e"
    )
    assert (entry["action"], entry["target"], entry["account"], entry["via"]) == (
        "account.create",
        "accounts/second",
        None,
        "command line",
    )
    assert SECRET not in entry["whole"]
    again = moorage(data, "admin", "create", "second", typed=f"{SECRET}\n")
    assert again.returncode != 0
    assert (
        again.stderr == "moorage: The account 'second' already exists. Choose another username.\n"
    )


async def test_admin_reset_password_enables_the_account_and_ends_its_sessions(
    data: Path, emptied: Database
) -> None:
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role, disabled)"
        " VALUES ('locked', $1, 'member', true)",
        hash_password("x"),
    )
    done = moorage(data, "admin", "reset-password", "locked", typed=f"{SECRET}\n")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = await emptied.fetch(
        "SELECT disabled, credential_version FROM catalog.accounts WHERE username = 'locked'"
    )
    assert (row["disabled"], row["credential_version"]) == (False, 2)


async def test_admin_list_shows_the_administrators(data: Path, emptied: Database) -> None:
    for name, role, disabled in (("boss", "admin", True), ("member", "member", False)):
        await emptied.execute(
            "INSERT INTO catalog.accounts (username, password_hash, role, disabled)"
            " VALUES ($1, 'x', $2, $3)",
            name,
            role,
            disabled,
        )
    listed = moorage(data, "admin", "list", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    (boss,) = [one for one in json.loads(listed.stdout)["accounts"] if one["username"] == "boss"]
    assert boss["disabled"] is True
    assert boss["created_at"].endswith("Z")
    assert "member" not in listed.stdout
    assert "boss  disabled" in moorage(data, "admin", "list").stdout


async def test_admin_commands_work_with_the_role_of_the_catalog(
    tmp_path: Path, emptied: Database
) -> None:
    """The catalog's container has no other role."""
    environment = {
        "SECRETS_DIR": str(tmp_path),
        "CATALOG_DATABASE_URL": emptied.urls["catalog"],
        "CATALOG_REGISTRY_URL": "http://127.0.0.1:9",
    }
    created = moorage(tmp_path, "admin", "create", "second", typed=f"{SECRET}\n", **environment)
    assert (created.returncode, created.stderr) == (0, "")
    reset = moorage(
        tmp_path, "admin", "reset-password", "second", typed=f"{SECRET}\n", **environment
    )
    assert (reset.returncode, reset.stderr) == (0, "")
    listed = json.loads(moorage(tmp_path, "admin", "list", "--json", **environment).stdout)
    assert [one["username"] for one in listed["accounts"]] == ["second"]
    entries = await emptied.fetch("SELECT action FROM catalog.audit_entries ORDER BY id")
    assert [entry["action"] for entry in entries] == ["account.create", "account.change_password"]


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("nobody", SECRET, "no account 'nobody'"),
        ("No Name", SECRET, "not a username"),
        ("nobody", "short", "8 to 128 characters"),
    ],
)
def test_a_wrong_name_or_password_is_reported_in_one_line(
    data: Path, name: str, typed: str, words: str
) -> None:
    done = moorage(data, "admin", "reset-password", name, typed=typed)
    assert done.returncode != 0
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_config_prints_json(data: Path) -> None:
    done = moorage(data, "config", "--json", MOORAGE_PORT="18099", MOORAGE_ADMIN_PASSWORD=SECRET)
    assert done.returncode == 0, done.stderr
    settings = {one["setting"]: one for one in json.loads(done.stdout)["settings"]}
    assert settings["MOORAGE_PORT"] == {
        "setting": "MOORAGE_PORT",
        "value": "18099",
        "from": "environment",
    }
    assert settings["MOORAGE_ADMIN_PASSWORD"]["value"] == "********"
    assert settings["MOORAGE_DATA"]["value"] == str(data)


def test_config_lists_the_settings_and_masks_secrets(data: Path) -> None:
    done = moorage(
        data,
        "config",
        MOORAGE_PORT="18099",
        MOORAGE_ADMIN_PASSWORD=SECRET,
        AUTH_DATABASE_URL="postgresql://u:hidden@h/d",
        COLUMNS="200",
    )
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "18099" in lines["MOORAGE_PORT"]
    assert "environment" in lines["MOORAGE_PORT"]
    assert SECRET not in done.stdout
    assert "hidden" not in done.stdout
    assert "AUTH_PULL_TOKEN_SECONDS" in lines
