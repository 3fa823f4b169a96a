"""Ways through the console that are not the straight one: by keyboard, after an end, over plain http, with ten thousand rows."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from tests.kit.browser import PLAIN_HTTP_NAME, Visit, visit
from tests.kit.console import closed, dialog, heading, loaded, press, row_button, rows, sign_in
from tests.kit.http.accounts import Account, DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

MANY = 10_000
TABS = 60
"""More presses of the tab key than any page needs to reach anything."""
BACK = "Shift+Tab"


def tab_to(at: Visit, wanted: Locator, key: str = "Tab") -> None:
    """Press the tab key until ``wanted`` has the focus, which must show."""
    wanted.wait_for()
    for _ in range(TABS):
        at.page.keyboard.press(key)
        if wanted.evaluate("(element) => element === document.activeElement"):
            assert wanted.evaluate("(element) => element.matches(':focus-visible')")
            return
    raise AssertionError(f"{wanted} cannot be reached by the tab key")


def enter(at: Visit, wanted: Locator, key: str = "Tab") -> None:
    tab_to(at, wanted, key)
    at.page.keyboard.press("Enter")


def choose_second(at: Visit, first: str, second: str) -> None:
    """Choose the second of two radio buttons by the arrow key, once more when a dialog that was just opened took the key."""
    chosen = dialog(at).get_by_role("radio", name=re.compile(f"^{at.text(second)}"))
    for _ in range(3):
        tab_to(at, dialog(at).get_by_role("radio", name=re.compile(f"^{at.text(first)}")))
        at.page.keyboard.press("ArrowDown")
        with contextlib.suppress(AssertionError):
            expect(chosen).to_be_checked(timeout=3000)
            return
    expect(chosen).to_be_checked()


def button(at: Visit, key: str, within: Locator | None = None) -> Locator:
    return (within or at.page).get_by_role("button", name=at.text(key), exact=True)


def test_everything_can_be_done_by_keyboard(
    browser: Browser, stack: Stack, person: Account
) -> None:
    user, namespace = person.make_docker_user(), unique("space")
    with visit(browser, stack.url, "en") as at:
        keys = at.page.keyboard
        at.open("/sign-in")
        expect(at.page.get_by_label(at.text("signIn.username"))).to_be_focused()
        keys.type(person.username)
        keys.press("Tab")
        keys.type(person.password)
        keys.press("Enter")
        heading(at, at.text("firstSteps.title"))
        enter(at, at.page.get_by_role("link", name=at.text("nav.namespaces")), BACK)
        heading(at, at.text("namespaces.title"))
        make_namespace_by_keyboard(at, namespace)
        grant_by_keyboard(at, namespace, user)
        with Registry(stack.url, (user.username, user.password)) as registry:
            registry.push(make_image(), f"{namespace}/app", "v1")
        eventually(
            lambda: person.tags(f"{namespace}/app"), within=30, what="the tag in the catalog"
        )
        enter(
            at,
            at.page.get_by_role("link", name=at.text("nav.repositories"), exact=True).first,
            BACK,
        )
        heading(at, at.text("repositories.title"))
        delete_by_keyboard(at, namespace)
        enter(at, button(at, "app.signOut"), BACK)
        heading(at, at.text("signIn.title"))
        at.assert_clean()


def make_namespace_by_keyboard(at: Visit, namespace: str) -> None:
    keys = at.page.keyboard
    create = button(at, "namespaces.create").first
    enter(at, create)
    expect(dialog(at).get_by_label(at.text("common.name"), exact=True)).to_be_focused()
    keys.press("Escape")
    closed(at)
    expect(create).to_be_focused()  # back where it was
    keys.press("Enter")
    expect(dialog(at).get_by_label(at.text("common.name"), exact=True)).to_be_focused()
    keys.type(namespace)
    choose_second(at, "visibility.private", "visibility.public")
    keys.press("ArrowUp")
    enter(at, button(at, "common.create", dialog(at)))
    closed(at)
    enter(at, at.page.get_by_role("link", name=namespace, exact=True))
    heading(at, namespace)


def grant_by_keyboard(at: Visit, namespace: str, user: DockerUser) -> None:
    keys = at.page.keyboard
    enter(at, button(at, "grants.add"))
    chosen = dialog(at).get_by_role("combobox", name=at.text("grants.dockerUser"))
    tab_to(at, chosen)
    keys.type(user.username)
    expect(at.page.locator(".ant-select-item-option")).to_have_count(1)
    keys.press("Enter")
    choose_second(at, "permission.pull", "permission.push")
    enter(at, button(at, "grants.add", dialog(at)))
    closed(at)
    expect(rows(at).filter(has_text=user.username)).to_contain_text(at.text("permission.push"))


def delete_by_keyboard(at: Visit, namespace: str) -> None:
    keys = at.page.keyboard
    enter(at, at.page.get_by_role("link", name=f"{namespace}/app"))
    heading(at, f"{namespace}/app")
    row_button(at, "image.delete", "v1").wait_for()
    enter(at, row_button(at, "image.delete", "v1"))
    asked = dialog(at)
    asked.get_by_text(at.text("image.preview.exclusive")).wait_for()
    expect(
        button(at, "common.cancel", asked)
    ).to_be_focused()  # the enter key alone deletes nothing
    enter(at, button(at, "common.delete", asked))
    closed(at)
    at.page.get_by_text(at.text("repository.noTags"), exact=True).wait_for()
    enter(at, button(at, "common.delete"))
    expect(dialog(at).get_by_role("textbox")).to_be_focused()
    keys.type(f"{namespace}/app")
    keys.press("Enter")
    heading(at, at.text("repositories.title"))


@pytest.fixture
def crowded(stack: Stack, person: Account) -> Iterator[str]:
    """A namespace with ten thousand repositories, which no registry holds and no other test sees."""
    namespace = person.make_namespace()
    url = (stack.data / "secrets" / "owner" / "database_url").read_text().strip()
    insert = (
        "INSERT INTO catalog.repositories (namespace_id, name, description, pull_count, created_at)"
        " SELECT n.id, 'app-' || to_char(g, 'FM00000'), '', g, now() - g * interval '1 minute'"
        f" FROM catalog.namespaces n, generate_series(1, {MANY}) g WHERE n.name = $1"
    )
    delete = "DELETE FROM catalog.repositories r USING catalog.namespaces n WHERE n.id = r.namespace_id AND n.name = $1"
    execute(url, insert, namespace)
    yield namespace
    execute(url, delete, namespace)


def execute(url: str, sql: str, *arguments: str) -> None:
    """Run one statement as the owner; in a thread, for beside Playwright no asyncio can run."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(sql, *arguments)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


def test_ten_thousand_repositories_list_a_page_at_a_time(
    browser: Browser, stack: Stack, person: Account, crowded: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/v1/repositories?" in request.url:
            asked.append(request.url)

    with visit(browser, stack.url, "en") as at:
        at.page.on("request", note)
        sign_in(at, person, "/repositories")
        expect(rows(at)).to_have_count(20)
        loaded(at)
        assert len(asked) == 1, asked
        at.page.get_by_role("link", name=f"{crowded}/app-00001").wait_for()
        press(at, "common.nextPage")
        at.page.get_by_role("link", name=f"{crowded}/app-00021").wait_for()
        expect(rows(at)).to_have_count(20)
        press(at, "common.previousPage")
        at.page.get_by_role("link", name=f"{crowded}/app-00001").wait_for()
        at.page.get_by_role("columnheader").get_by_role(
            "button", name=re.compile(f"^{at.text('repositories.pulls')}")
        ).click()
        expect(rows(at).first).to_contain_text(f"app-{MANY}")
        expect(rows(at).first).to_contain_text("10,000")
        at.page.get_by_role("searchbox").fill("app-07777")
        expect(rows(at)).to_have_count(1)
        at.assert_clean()


def test_a_session_that_ended_leads_back_to_the_page_after_signing_in(
    browser: Browser, stack: Stack, person: Account
) -> None:
    for _ in range(2):
        namespace = person.make_namespace()
    with visit(browser, stack.url, "zh") as at:
        sign_in(at, person, f"/namespaces?q={namespace}")
        expect(rows(at)).to_have_count(1)
        person.call("DELETE", "/sessions")
        at.page.get_by_role("link", name=namespace, exact=True).click()
        heading(at, at.text("signIn.title"))
        at.page.get_by_text(at.text("signIn.ended")).wait_for()
        at.page.get_by_label(at.text("signIn.username")).fill(person.username)
        at.page.get_by_label(at.text("common.password"), exact=True).fill(person.password)
        press(at, "signIn.submit")
        heading(at, namespace)
        at.page.go_back()
        expect(rows(at)).to_have_count(1)
        at.assert_clean(but=r"\b401\b")


def test_a_line_is_copied_over_plain_http_too(
    browser: Browser, stack: Stack, person: Account
) -> None:
    user = person.make_docker_user()
    address = f"{PLAIN_HTTP_NAME}:{stack.port}"
    with visit(browser, f"http://{address}", "en") as at:
        sign_in(at, person, f"/docker-users/{user.username}")
        heading(at, user.username)
        assert at.page.evaluate("window.isSecureContext") is False
        at.page.get_by_text(at.text("repository.plainHttp")).wait_for()
        at.page.get_by_role(
            "button", name=at.text("common.copyOf", what=at.text("repository.login"))
        ).click()
        expect(at.page.get_by_text(at.text("common.copied"), exact=True)).to_be_attached()
        at.page.get_by_role("link", name=at.text("nav.dockerUsers")).first.click()
        at.page.get_by_role("searchbox").press("Control+v")
        expect(at.page.get_by_role("searchbox")).to_have_value(
            f"docker login {address} -u {user.username}"
        )
        at.assert_clean()


def test_what_is_gone_says_so_and_offers_the_way_back(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace = person.make_namespace()
    with visit(browser, stack.url, "zh") as at:
        sign_in(at, person, f"/repositories/{namespace}/never:v1")
        at.page.get_by_text(at.text("notFound.title")).wait_for()
        assert at.page.title().startswith(at.text("notFound.title"))
        at.page.get_by_role("link", name=at.text("notFound.back")).click()
        heading(at, at.text("repositories.title"))
        at.assert_clean(but=r"\b404\b")
