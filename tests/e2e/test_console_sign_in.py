"""The sign-in page of the console says what is wrong, and with which field."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.kit.browser import PLAIN_HTTP_NAME, open_visit
from tests.kit.console import press
from tests.kit.http.accounts import Account
from tests.kit.stack.run import Stack


def test_errors_of_the_sign_in_page_are_tied_to_their_fields(
    browser: Browser, stack: Stack, person: Account
) -> None:
    with open_visit(browser, stack.url, "en") as visit:
        visit.open("/")
        name = visit.page.get_by_label(visit.text("signIn.username"))
        password = visit.page.get_by_label(visit.text("common.password"), exact=True)
        required = re.compile(re.escape(visit.text("rule.required")))
        press(visit, "signIn.submit")
        expect(name).to_be_focused()
        for field in (name, password):
            expect(field).to_have_accessible_description(required)
            expect(field).to_have_attribute("aria-invalid", "true")
        visit.assert_accessible()
        name.fill(person.username)
        expect(name).to_have_accessible_description("")
        press(visit, "signIn.submit")
        expect(password).to_be_focused()
        password.fill("wrong")
        press(visit, "signIn.submit")
        refused = re.compile(re.escape(visit.text("error.login_refused")))
        for field in (name, password):
            expect(field).to_have_accessible_description(refused)
        visit.assert_accessible()
        password.fill(person.password)
        press(visit, "signIn.submit")
        visit.page.wait_for_url("**/first-steps")
        visit.assert_clean(expected=r"\b401\b")


def test_sign_in_page_warns_on_plain_http_and_helps_with_a_lost_password(
    browser: Browser, stack: Stack
) -> None:
    for url, is_warned in (
        (f"http://{PLAIN_HTTP_NAME}:{stack.port}", True),
        (stack.url, False),
    ):
        for language in ("en", "zh"):
            with open_visit(browser, url, language) as visit:
                visit.open("/")
                command = visit.page.get_by_text("moorage admin reset-password admin", exact=True)
                visit.page.get_by_text(visit.text("signIn.forgotten")).click()
                expect(command).to_be_visible()
                warning = visit.page.get_by_text(visit.text("signIn.plainHttp"))
                expect(warning).to_have_count(1 if is_warned else 0)
                visit.assert_accessible()
                visit.assert_clean()
