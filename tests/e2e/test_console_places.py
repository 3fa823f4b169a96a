"""Every page and dialog of the console: accessible, of any width, and clear if the server hangs."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.console_content import Content
from tests.e2e.console_places import Place, places_of_administrator, places_of_owner
from tests.kit.browser import Visit, open_visit
from tests.kit.console import (
    press,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account, unique
from tests.kit.stack.processes import part, workers
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

MESSAGE_SECONDS = 10
"""A page says within this time that the server does not answer (spec 8)."""
WIDTHS = (360, 768, 1024, 1280, 2560)
_FIND_FAULTS = """
() => {
  const width = document.documentElement.clientWidth;
  const faults = [];
  if (document.documentElement.scrollWidth > width) {
    faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} px`);
  }
  const dialog = document.querySelector("[role=dialog]");
  const actions = (dialog ?? document).querySelectorAll("a, button, input, summary, textarea");
  for (const action of actions) {
    if (!action.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (action.closest(".skip")) continue; // appears when it has the focus
    if (action.closest("thead")?.offsetHeight === 1) continue; // a menu replaces it
    const name = action.getAttribute("aria-label") ?? action.textContent ?? action.id;
    action.scrollIntoView({ block: "center", inline: "center" });
    const row = action.closest(".row-actions");
    if (row !== null) row.closest(".table").scrollLeft = 0; // its buttons need no scroll sideways
    const box = action.getBoundingClientRect();
    const line = action.getClientRects()[0];
    if (line === undefined || line.width === 0) continue;
    if (box.left < 0 || box.right > width) faults.push(`outside the window: ${name}`);
    const top = document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
    if (top === null || !(action.contains(top) || top.contains(action) || top.closest("label"))) {
      faults.push(`covered by ${top?.outerHTML.slice(0, 80)}: ${name}`);
    }
  }
  return faults;
}
"""
"""Returns what does not fit: sideways scroll, and links, buttons, and fields out of reach."""


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_every_page_and_dialog_is_accessible_and_fits_and_runs_no_script_of_users(
    language: str,
    theme: Literal["light", "dark"],
    browser: Browser,
    stack: Stack,
    content: Content,
    admin: Account,
) -> None:
    with open_visit(browser, stack.url, language, theme=theme) as visit:
        visit.open("/sign-in")
        wait_for_page(visit, visit.text("signIn.title"))
        check(visit)
        sign_in(visit, content.account)
        for place in places_of_owner(content, visit):
            check_place(visit, place)
        visit.assert_clean()
    with open_visit(browser, stack.url, language, theme=theme) as visit:
        sign_in(visit, admin, "/accounts")
        for place in places_of_administrator(content, visit):
            check_place(visit, place)
        visit.assert_clean()


def check_place(visit: Visit, place: Place) -> None:
    """Check a page, its title, and each of its dialogs."""
    wait_until_loaded(visit)
    show(visit, place)
    title = visit.page.get_by_role("heading", level=1).inner_text()
    assert visit.page.title() == f"{title} · {visit.text('app.product')}"
    check(visit)
    for key in place.dialogs:
        opener(visit, key).click()
        wait_for_dialog(visit)
        visit.page.locator("[role=dialog] .loading").first.wait_for(state="hidden")
        check(visit)
        visit.page.keyboard.press("Escape")
        wait_until_closed(visit)


def show(visit: Visit, place: Place) -> None:
    """Go to a page, and wait for its content."""
    visit.go(place.path)
    visit.page.locator("#main").get_by_text(place.text).first.wait_for()
    wait_until_loaded(visit)


def opener(visit: Visit, key: str) -> Locator:
    """Return the first button with the text of ``key``. In a table, the row's name follows it."""
    name = re.compile(f"^{re.escape(visit.text(key))}(: .*)?$")
    return visit.page.locator("#main").get_by_role("button", name=name, disabled=False).first


def check(visit: Visit) -> None:
    """Assert that axe finds no serious issue and that everything fits in windows of `WIDTHS`."""
    visit.assert_accessible()
    size = visit.page.viewport_size
    assert size is not None
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": size["height"]})
        # A chart changes its width only when it is drawn again.
        eventually(
            lambda: visit.page.evaluate(_FIND_FAULTS),
            lambda faults: faults == [],
            within=3,
            what=f"a layout of {visit.page.url} that fits in {width} px",
        )
    visit.page.set_viewport_size(size)


def test_every_page_says_that_the_server_hangs_and_recovers(
    browser: Browser, stack: Stack, content: Content, admin: Account
) -> None:
    for account, places_of in (
        (content.account, places_of_owner),
        (admin, places_of_administrator),
    ):
        with open_visit(browser, stack.url, "en") as first:
            sign_in(first, account)
            wait_until_loaded(first)
            places = places_of(content, first)
            visits = [Visit(first.page.context, stack.url, "en") for _ in places]
            # The page of the account, the last one, must have grown old before the server hangs.
            for visit, place in reversed(list(zip(visits, places, strict=True))):
                visit.open("/trash" if place.path == "/account" else "/account")
                wait_until_loaded(visit)
            with hung_gateway(stack):
                start = time.monotonic()
                for visit, place in zip(visits, places, strict=True):
                    visit.go(place.path)
                for visit in visits:
                    wait_for_message(visit, start + MESSAGE_SECONDS)
            for visit, place in zip(visits, places, strict=True):
                visit.page.locator("#main").get_by_text(place.text).first.wait_for()
                visit.page.get_by_text(visit.text("app.connectionLost")).wait_for(state="hidden")


def test_dialogs_open_while_the_server_hangs_and_a_change_is_made_once(
    browser: Browser, stack: Stack, content: Content
) -> None:
    name = unique("late")
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, content.account)
        wait_until_loaded(visit)
        for place in places_of_owner(content, visit):
            show(visit, place)
            visit.page.wait_for_load_state("networkidle")  # the code of the dialogs has loaded
            with hung_gateway(stack):
                for key in place.dialogs:
                    opener(visit, key).click()
                    visit.page.get_by_role("dialog").wait_for(timeout=2000)
                    visit.page.keyboard.press("Escape")
                    wait_until_closed(visit)
        visit.go("/namespaces")
        opener(visit, "namespaces.create").click()
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("common.name"), exact=True).fill(name)
        with hung_gateway(stack):
            press(visit, "common.create", form)
            wait_for_message(visit, time.monotonic() + MESSAGE_SECONDS)
        wait_until_closed(visit)
        visit.page.get_by_role("link", name=name, exact=True).first.wait_for()
    created = [
        one
        for one in content.account.call("GET", "/audit")["items"]
        if (one["action"], one["target"]) == ("namespace.create", f"namespaces/{name}")
    ]
    assert len(created) == 1


@contextmanager
def hung_gateway(stack: Stack) -> Iterator[None]:
    """Stop the processes of nginx, for less time than it takes until they are restarted."""
    master = part(stack.data, "gateway")
    processes = (*workers(master), master)
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def wait_for_message(visit: Visit, deadline: float) -> None:
    """Wait until ``deadline``, in seconds of the monotonic clock, for the bar on the page."""
    left = max(1.0, (deadline - time.monotonic()) * 1000)
    message = visit.page.get_by_text(visit.text("app.connectionLost"))
    expect(message, f"the message on {visit.page.url}").to_be_visible(timeout=left)
