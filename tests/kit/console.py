"""What a person does in every part of the console: sign in, read the heading, press a button, answer a dialog.

They wait by `wait_for`, which hears of a change at once; `expect` looks again at ever longer intervals, up to a second.
"""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.kit.browser import Visit
from tests.kit.http.accounts import Account

expect.set_options(timeout=15_000)


def sign_in(at: Visit, account: Account, path: str = "/") -> None:
    """Go to ``path``, which leads to the sign-in page, and sign in there."""
    at.open(path)
    at.page.get_by_label(at.text("signIn.username")).fill(account.username)
    at.page.get_by_label(at.text("common.password"), exact=True).fill(account.password)
    at.page.get_by_role("button", name=at.text("signIn.submit")).click()


def heading(at: Visit, name: str) -> None:
    """Wait for a page by its title."""
    at.page.get_by_role("heading", level=1, name=name, exact=True).wait_for()


def press(at: Visit, key: str, within: Locator | None = None) -> None:
    """Click the button that says ``key`` of the console's dictionary."""
    (within or at.page).get_by_role("button", name=at.text(key), exact=True).click()


def row_button(at: Visit, key: str, name: str) -> Locator:
    """The button of the row that is named ``name``."""
    return at.page.get_by_role("button", name=f"{at.text(key)}: {name}", exact=True)


def dialog(at: Visit) -> Locator:
    """Wait for a dialog."""
    found = at.page.get_by_role("dialog")
    found.wait_for()
    return found


def closed(at: Visit) -> None:
    """Wait until no dialog is open."""
    at.page.get_by_role("dialog").wait_for(state="hidden")


def rows(at: Visit) -> Locator:
    """The rows of the only table of a page, without its head."""
    return at.page.get_by_role("table").locator("tbody tr")


def loaded(at: Visit) -> None:
    """Wait until a page has a title and nothing on it is still loading."""
    at.page.get_by_role("heading", level=1).wait_for()
    at.page.locator(".loading, [aria-busy=true]").first.wait_for(state="hidden")
