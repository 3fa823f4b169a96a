"""The console: its generated types, its lock file, and its build.

The types match the OpenAPI documents, the lock file names no package registry, and the built files
load nothing from another host.
"""

import gzip
import json
import re
import subprocess

import pytest

from ops.install.console import DIST
from ops.install.npm import CONSOLE, npm

NAMED_HOSTS = {"www.w3.org", "react.dev", "react.i18next.com"}
"""Hosts that built files name but do not request: XML namespaces, and help pages of libraries."""


def test_generated_types_match_the_openapi_documents() -> None:
    if not (CONSOLE / "node_modules" / "openapi-typescript").is_dir():
        pytest.skip("the console's packages are not installed: run `moorage console --dev`")
    npm("run", "types:check")


def test_lock_file_has_a_hash_and_no_registry_url_for_each_package() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    wrong = [
        name
        for name, package in packages.items()
        if name and ("resolved" in package or "integrity" not in package)
    ]
    assert wrong == []


def test_git_tracks_no_built_or_installed_file() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "console"],
        cwd=CONSOLE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [
        name
        for name in listed.stdout.split()
        if name.split("/")[1] in {"dist", "dist.new", "node_modules", ".npm-cache", ".built"}
    ]


def test_gateway_serves_every_page_of_the_console() -> None:
    """The gateway answers 404 for an unknown page, and some browsers then fail to reload it."""
    routes = re.findall(
        r'path=(?:"/|{/\^\\/)([a-z-]+)', (CONSOLE / "src/app/pages.tsx").read_text()
    )
    served = re.search(
        r"set console_pages = \[([^\]]+)\]",
        (CONSOLE.parent / "deploy/gateway/nginx.conf.j2").read_text(),
    )
    assert served is not None
    assert {"sign-in", *routes} == set(re.findall(r'"([a-z-]+)"', served[1]))


@pytest.fixture
def built() -> dict[str, bytes]:
    """Return the content of the built files by path."""
    files = {
        str(path.relative_to(DIST)): path.read_bytes() for path in DIST.rglob("*") if path.is_file()
    }
    if "index.html" not in files:
        pytest.skip("the console is not built; run `moorage console`")
    return files


def test_built_files_load_nothing_from_another_host(built: dict[str, bytes]) -> None:
    texts = {name: content.decode() for name, content in built.items() if not name.endswith(".gz")}
    hosts = {
        host
        for text in texts.values()
        for host in re.findall(r"""(?:https?:|["'`(])//([\w-]+(?:\.[\w-]+)+)""", text)
    }
    assert hosts <= NAMED_HOSTS
    pages = texts["index.html"] + "".join(
        text for name, text in texts.items() if name.endswith(".css")
    )
    loaded = re.findall(r"""(?:src|href)="([^"]+)"|url\(([^)]+)\)""", pages)
    assert loaded
    assert [link for pair in loaded for link in pair if link.startswith(("http", "//"))] == []


def test_each_built_file_is_compressed_too_and_has_a_hash_in_its_name(
    built: dict[str, bytes],
) -> None:
    plain = {name for name in built if not name.endswith(".gz")}
    for name in plain:
        assert gzip.decompress(built[f"{name}.gz"]) == built[name], name
    unhashed = [
        name
        for name in plain - {"index.html"}
        if not re.fullmatch(r"assets/[\w.-]+-[\w-]{8}\.\w+", name)
    ]
    assert unhashed == []
