"""The console's types are those of the OpenAPI documents, its lock file is of no one registry, and its files need nobody else."""

import gzip
import json
import re
import subprocess

import pytest

from ops.install.console import DIST
from ops.install.npm import CONSOLE, npm

ONLY_NAMED = {"www.w3.org", "react.dev", "react.i18next.com"}
"""Hosts in what is built that nothing is asked of: the names of SVG and XML, and where errors of libraries are explained."""


def test_the_types_of_the_api_are_current() -> None:
    if not (CONSOLE / "node_modules" / "openapi-typescript").is_dir():
        pytest.skip("the console's packages are not installed: run `moorage console --dev`")
    npm("run", "types:check")


def test_the_lock_file_names_no_registry_and_a_hash_for_each_package() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    without = [
        name
        for name, package in packages.items()
        if name and ("resolved" in package or "integrity" not in package)
    ]
    assert without == []


def test_what_is_built_is_no_part_of_the_repository() -> None:
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


def test_the_gateway_knows_every_page() -> None:
    """A page that it does not know opens all the same, but as an error, and not after a reload in every browser."""
    routes = re.findall(r'path=(?:"/|{/\^\\/)([a-z-]+)', (CONSOLE / "src/app/app.tsx").read_text())
    served = re.search(
        r"location ~ \"\^/\(\?:\\z\|\(\?:([a-z|-]+)\)",
        (CONSOLE.parent / "deploy/gateway/nginx.conf.j2").read_text(),
    )
    assert served is not None
    assert {"sign-in", *routes} == set(served[1].split("|"))


@pytest.fixture
def built() -> dict[str, bytes]:
    """The built files by path."""
    files = {
        str(path.relative_to(DIST)): path.read_bytes() for path in DIST.rglob("*") if path.is_file()
    }
    if "index.html" not in files:
        pytest.skip("the console is not built; run `moorage console`")
    return files


def test_no_file_names_another_host(built: dict[str, bytes]) -> None:
    texts = {name: content.decode() for name, content in built.items() if not name.endswith(".gz")}
    hosts = {
        host
        for text in texts.values()
        for host in re.findall(r"""(?:https?:|["'`(])//([\w-]+(?:\.[\w-]+)+)""", text)
    }
    assert hosts <= ONLY_NAMED
    pages = texts["index.html"] + "".join(
        text for name, text in texts.items() if name.endswith(".css")
    )
    loaded = re.findall(r"""(?:src|href)="([^"]+)"|url\(([^)]+)\)""", pages)
    assert loaded
    assert [link for pair in loaded for link in pair if link.startswith(("http", "//"))] == []


def test_each_file_is_there_in_compressed_form_and_has_its_hash_in_its_name(
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
