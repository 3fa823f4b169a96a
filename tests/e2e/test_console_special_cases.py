"""Rare cases in the console: many rows, an expired session, plain HTTP, and deleted objects."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from playwright.sync_api import Browser, Request, expect

from tests.kit.browser import PLAIN_HTTP_NAME, open_visit
from tests.kit.console import (
    press,
    rows,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account
from tests.kit.stack.run import Stack

REPOSITORIES = 10_000
_RECORD_MOTION = """
() => {
  window.motions = [];
  for (const kind of ["animationstart", "transitionstart"]) {
    document.addEventListener(kind, ({ target }) => {
      const { animationDuration, transitionDuration } = getComputedStyle(target);
      window.motions.push([target.className, animationDuration, transitionDuration]);
    });
  }
}
"""


@pytest.fixture
def large_namespace(stack: Stack, person: Account) -> Iterator[str]:
    """Create a namespace with 10,000 repositories in the catalog. Delete them after the test."""
    namespace = person.make_namespace()
    url = (stack.data / "secrets" / "owner" / "database_url").read_text().strip()
    insert = (
        "INSERT INTO catalog.repositories (namespace_id, name, description, pull_count, created_at)"
        " SELECT n.id, 'app-' || to_char(g, 'FM00000'), '', g, now() - g * interval '1 minute'"
        f" FROM catalog.namespaces n, generate_series(1, {REPOSITORIES}) g WHERE n.name = $1"
    )
    delete = (
        "DELETE FROM catalog.repositories r USING catalog.namespaces n"
        " WHERE n.id = r.namespace_id AND n.name = $1"
    )
    execute(url, insert, namespace)
    yield namespace
    execute(url, delete, namespace)


def execute(url: str, sql: str, *arguments: str) -> None:
    """Run one statement as the owner. Playwright occupies the event loop, so use another thread."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(sql, *arguments)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


def test_ten_thousand_repositories_are_listed_page_by_page(
    browser: Browser, stack: Stack, person: Account, large_namespace: str
) -> None:
    list_requests: list[str] = []

    def record(request: Request) -> None:
        if "/api/v1/repositories?" in request.url:
            list_requests.append(request.url)

    with open_visit(browser, stack.url, "en") as visit:
        visit.page.on("request", record)
        sign_in(visit, person, "/repositories")
        expect(rows(visit)).to_have_count(20)
        wait_until_loaded(visit)
        assert len(list_requests) == 1, list_requests
        visit.page.get_by_role("link", name=f"{large_namespace}/app-00001").wait_for()
        press(visit, "common.nextPage")
        visit.page.get_by_role("link", name=f"{large_namespace}/app-00021").wait_for()
        expect(rows(visit)).to_have_count(20)
        press(visit, "common.previousPage")
        visit.page.get_by_role("link", name=f"{large_namespace}/app-00001").wait_for()
        visit.page.get_by_role("columnheader").get_by_role(
            "button", name=re.compile(f"^{visit.text('repositories.pulls')}")
        ).click()
        expect(rows(visit).first).to_contain_text(f"app-{REPOSITORIES}")
        expect(rows(visit).first).to_contain_text("10,000")
        visit.page.get_by_role("searchbox").fill("app-07777")
        expect(rows(visit)).to_have_count(1)
        visit.assert_clean()


def test_expired_session_returns_to_the_requested_page_after_sign_in(
    browser: Browser, stack: Stack, person: Account
) -> None:
    for _ in range(2):
        namespace = person.make_namespace()
    with open_visit(browser, stack.url, "zh") as visit:
        sign_in(visit, person, f"/namespaces?q={namespace}")
        expect(rows(visit)).to_have_count(1)
        person.call("DELETE", "/sessions")
        visit.page.get_by_role("link", name=namespace, exact=True).click()
        wait_for_page(visit, visit.text("signIn.title"))
        visit.page.get_by_text(visit.text("signIn.ended")).wait_for()
        visit.page.get_by_label(visit.text("signIn.username")).fill(person.username)
        visit.page.get_by_label(visit.text("common.password"), exact=True).fill(person.password)
        press(visit, "signIn.submit")
        wait_for_page(visit, namespace)
        visit.page.go_back()
        expect(rows(visit)).to_have_count(1)
        visit.assert_clean(expected=r"\b401\b")


def test_copy_button_works_over_plain_http(browser: Browser, stack: Stack, person: Account) -> None:
    user = person.make_docker_user()
    address = f"{PLAIN_HTTP_NAME}:{stack.port}"
    with open_visit(browser, f"http://{address}", "en") as visit:
        sign_in(visit, person, f"/docker-users/{user.username}")
        wait_for_page(visit, user.username)
        assert visit.page.evaluate("window.isSecureContext") is False
        visit.page.get_by_text(visit.text("repository.plainHttp")).wait_for()
        visit.page.get_by_role(
            "button", name=visit.text("common.copyOf", what=visit.text("repository.login"))
        ).click()
        expect(visit.page.get_by_text(visit.text("common.copied"), exact=True)).to_be_attached()
        visit.page.get_by_role("link", name=visit.text("nav.dockerUsers")).first.click()
        visit.page.get_by_role("searchbox").press("Control+v")
        expect(visit.page.get_by_role("searchbox")).to_have_value(
            f"docker login {address} -u {user.username}"
        )
        visit.assert_clean()


def test_dialog_does_not_move_for_a_person_who_wants_less_motion(
    browser: Browser, stack: Stack, person: Account
) -> None:
    """While a dialog moves, a click can miss its fields."""
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, "/namespaces")
        wait_for_page(visit, visit.text("namespaces.title"))
        visit.page.evaluate(_RECORD_MOTION)
        visit.page.get_by_role("button", name=visit.text("namespaces.create")).first.click()
        press(visit, "common.cancel", wait_for_dialog(visit))
        wait_until_closed(visit)
        moved = visit.page.evaluate("window.motions")
    assert [one for one in moved if {*one[1:]} - {"0s", "1e-05s"}] == []


def test_missing_image_shows_not_found_with_a_link_to_the_repositories(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace = person.make_namespace()
    with open_visit(browser, stack.url, "zh") as visit:
        sign_in(visit, person, f"/repositories/{namespace}/never:v1")
        visit.page.get_by_text(visit.text("notFound.title")).wait_for()
        assert visit.page.title().startswith(visit.text("notFound.title"))
        visit.page.get_by_role("link", name=visit.text("notFound.back")).click()
        wait_for_page(visit, visit.text("repositories.title"))
        visit.assert_clean(expected=r"\b404\b")
