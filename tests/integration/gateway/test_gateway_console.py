"""The gateway serves the console, or a page that explains why there is none yet."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ops.host.privileges import RunUser
from ops.install.console import publish_console
from tests.integration.gateway.conftest import Start
from tests.kit.servers.gateway import Gateway

PAGE = b"<!doctype html><title>Moorage</title>"
SCRIPT = b"export const answer = 42;"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HTML = {"Accept": "text/html,application/xhtml+xml"}


def build(dist: Path) -> Path:
    (dist / "assets").mkdir(parents=True)
    for name, content in (("index.html", PAGE), ("assets/index-C0ffee.js", SCRIPT)):
        (dist / name).write_bytes(content)
        (dist / f"{name}.gz").write_bytes(gzip.compress(content))
    return dist


@pytest.fixture(scope="module")
def console(start: Start, folder: Path, user: RunUser) -> Gateway:
    assert publish_console(folder / "with-console" / "console", user, dist=build(folder / "dist"))
    return start("with-console")


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/repositories", "/repositories/team/app:v1", "/docker-users/ci", "/account"],
)
def test_every_path_of_the_console_returns_the_same_page(console: Gateway, path: str) -> None:
    with console.client() as http:
        answer = http.get(path)
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_console_pages_accept_only_get_and_head(console: Gateway) -> None:
    with console.client() as http:
        assert http.head("/repositories").status_code == 200
        for method in ("POST", "PUT", "DELETE"):
            refused = http.request(method, "/repositories")
            assert refused.status_code == 405
            assert refused.headers["content-type"] == "application/problem+json"


def test_no_other_file_of_the_disk_is_served(console: Gateway) -> None:
    for path in (
        "/assets/../../nginx.conf",
        "/assets/..%2f..%2fnginx.conf",
        "/assets../notice.html",
        "/assets/",
        "/notice.html",
        "/index.html",
    ):
        assert console.get_raw(path)[0] in (400, 403, 404), path


def test_client_without_gzip_gets_an_uncompressed_page(console: Gateway) -> None:
    with console.client() as http:
        answer = http.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == PAGE


def test_asset_with_a_hash_in_its_name_is_cached_forever(console: Gateway) -> None:
    with console.client() as http:
        there, missing = (
            http.get("/assets/index-C0ffee.js"),
            http.get("/assets/index-0ld.js", headers=HTML),
        )
    assert (there.status_code, there.content) == (200, SCRIPT)
    assert there.headers["content-type"] == "text/javascript"
    assert there.headers["content-encoding"] == "gzip"
    assert there.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    assert (
        "cache-control" not in missing.headers
        or "immutable" not in missing.headers["cache-control"]
    )


def test_unknown_path_shows_a_browser_the_console_and_a_program_a_problem(
    console: Gateway,
) -> None:
    with console.client() as http:
        person, program = http.get("/no/such", headers=HTML), http.get("/no/such")
        api = http.get("/api/v1", headers=HTML)
    assert (person.status_code, person.content) == (404, PAGE)
    assert person.headers["content-security-policy"] == POLICY
    assert (program.status_code, program.json()["code"]) == (404, "not_found")
    assert (api.status_code, api.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("building", "message"),
    [(True, "The console is being built"), (False, "The console is not built")],
)
def test_page_explains_why_there_is_no_console(
    start: Start, folder: Path, user: RunUser, building: bool, message: str
) -> None:
    name = f"without-console-{building}"
    place = folder / name / "console"
    assert not publish_console(place, user, building=building, dist=folder / "nothing")
    gateway = start(name)
    with gateway.client() as http:
        for path in ("/", "/repositories/team/app"):
            answer = http.get(path)
            assert answer.status_code == 503
            assert message in answer.text
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["retry-after"] == "5"
            assert answer.headers["cache-control"] == "no-store"
        wrong = http.get("/no/such", headers=HTML)
        assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
        assert ('http-equiv="refresh"' in http.get("/").text) == building

        publish_console(place, user, dist=build(folder / f"dist-{building}"))
        assert http.get("/").content == PAGE
