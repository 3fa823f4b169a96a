"""When the console is built anew, and what is told when it cannot be."""

from pathlib import Path

import pytest

from ops.install import console, console_build, npm

OFFLINE = """moorage: console: npm ci --omit=dev failed
npm error code ENOTFOUND
npm error network request to https://npm.example.com/antd failed, reason: getaddrinfo ENOTFOUND npm.example.com
npm error A complete log of this run can be found in: /srv/moorage/console/.npm-cache/_logs/1.log
"""

BROKEN = """moorage: console: scripts/build.mjs failed
Build failed with 1 error:

[UNRESOLVED_IMPORT] Could not resolve './gone' in src/main.tsx
    at aggregateBindingErrorsIntoJsError (error.mjs:50:18)
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A console of three files that was just built."""
    monkeypatch.setattr(console, "CONSOLE", tmp_path)
    monkeypatch.setattr(console, "DIST", tmp_path / "dist")
    monkeypatch.setattr(console, "_STAMP", tmp_path / ".built")
    for name in ("package.json", "src/main.tsx", "dist/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".built").write_text(console._digest_of(console._sources()))
    return tmp_path


def test_what_was_built_is_current_until_a_source_changes(sources: Path) -> None:
    assert console.is_current()
    (sources / "node_modules").mkdir()
    (sources / "node_modules" / "installed").write_text("a package is no source")
    assert console.is_current()
    (sources / "src" / "main.tsx").write_text("changed")
    assert not console.is_current()


@pytest.mark.parametrize("changed", ["renamed", "added", "not built", "never built"])
def test_each_change_is_noticed(sources: Path, changed: str) -> None:
    if changed == "renamed":
        (sources / "src" / "main.tsx").rename(sources / "src" / "other.tsx")
    elif changed == "added":
        (sources / "src" / "more.tsx").write_text("")
    elif changed == "not built":
        (sources / "dist" / "index.html").unlink()
    else:
        (sources / ".built").unlink()
    assert not console.is_current()


def test_where_there_are_no_sources_nothing_is_to_be_built(sources: Path) -> None:
    (sources / "package.json").unlink()
    assert console.is_current()


def test_one_line_tells_why_it_could_not_be_built() -> None:
    reason = console_build._reason(OFFLINE)
    assert (
        reason
        == "npm error network request to https://npm.example.com/antd failed, reason: getaddrinfo ENOTFOUND npm.example.com"
    )
    assert (
        console_build._reason(BROKEN)
        == "[UNRESOLVED_IMPORT] Could not resolve './gone' in src/main.tsx"
    )
    assert console_build._reason("") == "it was ended"


def test_npm_trusts_what_the_machine_trusts_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NODE_USE_SYSTEM_CA", raising=False)
    assert npm._environment()["NODE_USE_SYSTEM_CA"] == "1"
    monkeypatch.setenv("NODE_USE_SYSTEM_CA", "0")
    monkeypatch.setenv("npm_config_globalconfig", "/elsewhere")
    given = npm._environment()
    assert given["NODE_USE_SYSTEM_CA"] == "0"
    assert "NPM_CONFIG_GLOBALCONFIG" not in given
