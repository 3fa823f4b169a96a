"""Steps that people take on every page of the console: sign in, press a button, close a dialog.

These helpers wait with `wait_for`, which reacts to a change at once. `expect` polls at intervals
that grow up to a second.
"""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.kit.browser import Visit
from tests.kit.http.accounts import Account

expect.set_options(timeout=15_000)


def sign_in(visit: Visit, account: Account, path: str = "/") -> None:
    """Open ``path``, and sign in on the sign-in page to which it redirects."""
    visit.open(path)
    visit.page.get_by_label(visit.text("signIn.username")).fill(account.username)
    visit.page.get_by_label(visit.text("common.password"), exact=True).fill(account.password)
    visit.page.get_by_role("button", name=visit.text("signIn.submit")).click()


def wait_for_page(visit: Visit, name: str) -> None:
    """Wait for the page with the title ``name``."""
    visit.page.get_by_role("heading", level=1, name=name, exact=True).wait_for()


def press(visit: Visit, key: str, within: Locator | None = None) -> None:
    """Click the button with the text of ``key``."""
    (within or visit.page).get_by_role("button", name=visit.text(key), exact=True).click()


def row_button(visit: Visit, key: str, name: str) -> Locator:
    """Return the button with the text of ``key`` in the row ``name``."""
    return visit.page.get_by_role("button", name=f"{visit.text(key)}: {name}", exact=True)


def wait_for_dialog(visit: Visit) -> Locator:
    """Wait for a dialog, and return it."""
    found = visit.page.get_by_role("dialog")
    found.wait_for()
    return found


def wait_until_closed(visit: Visit) -> None:
    """Wait until no dialog is open."""
    visit.page.get_by_role("dialog").wait_for(state="hidden")


def rows(visit: Visit) -> Locator:
    """Return the rows of the only table of the page, without its header."""
    return visit.page.get_by_role("table").locator("tbody tr")


def wait_until_loaded(visit: Visit) -> None:
    """Wait until the page has a title and nothing on it is loading."""
    visit.page.get_by_role("heading", level=1).wait_for()
    visit.page.locator(".loading, [aria-busy=true]").first.wait_for(state="hidden")
