"""The console shows every new secret once: those that it generates, and those that people type."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.kit.browser import Visit, open_visit
from tests.kit.clients.skopeo import Skopeo
from tests.kit.console import (
    press,
    row_button,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
)
from tests.kit.http.accounts import Account, new_password, unique
from tests.kit.stack.run import Stack


def generate(visit: Visit, form: Locator, label: str) -> str:
    """Press the button that generates a password; return the password."""
    press(visit, "common.generate", form)
    password = form.get_by_label(visit.text(label), exact=True).input_value()
    assert len(password) >= 20
    return password


def shown_secret(visit: Visit) -> str:
    """Return the secret that the dialog shows."""
    visit.page.get_by_text(visit.text("tokens.created.text")).wait_for()
    return wait_for_dialog(visit).locator("code").first.inner_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_password_of_a_docker_user_is_shown_once_with_its_commands(
    language: str, browser: Browser, stack: Stack, person: Account, skopeo: Skopeo
) -> None:
    user, host = unique("ci"), stack.url.partition("//")[2]
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, person, "/docker-users")
        visit.page.get_by_role("button", name=visit.text("dockerUsers.create")).first.click()
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("dockerUsers.username"), exact=True).fill(user)
        generated = generate(visit, form, "common.password")
        press(visit, "common.create", form)
        assert shown_secret(visit) == generated
        dialog = wait_for_dialog(visit)
        expect(dialog).to_contain_text(f"docker login -u {user} --password-stdin {host}")
        expect(dialog).to_contain_text("kubectl apply -f -")
        expect(dialog).to_contain_text("kubernetes.io/dockerconfigjson")
        visit.assert_accessible()
        visit.page.keyboard.press("Escape")
        assert shown_secret(visit) == generated
        dialog.get_by_role(
            "button", name=visit.text("common.copyOf", what=visit.text("common.password"))
        ).click()
        expect(dialog.get_by_text(visit.text("common.copied"), exact=True)).to_be_attached()
        press(visit, "tokens.done")
        wait_for_page(visit, user)
        assert generated not in visit.page.content()
        skopeo.login(stack.registry, user, generated).checked()

        press(visit, "dockerUsers.changePassword")
        typed = new_password()
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("common.newPassword"), exact=True).fill(typed)
        press(visit, "common.save", form)
        assert shown_secret(visit) == typed
        press(visit, "tokens.done")
        wait_until_closed(visit)
        skopeo.login(stack.registry, user, typed).checked()
        visit.assert_clean()


def test_password_of_an_account_is_shown_once(
    browser: Browser, stack: Stack, admin: Account, http: httpx.Client
) -> None:
    username = unique("account")
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, admin, "/accounts")
        press(visit, "accounts.create")
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("signIn.username"), exact=True).fill(username)
        first = generate(visit, form, "common.password")
        press(visit, "common.create", form)
        assert shown_secret(visit) == first
        expect(wait_for_dialog(visit)).to_contain_text(stack.url)
        visit.assert_accessible()
        press(visit, "tokens.done")
        wait_until_closed(visit)
        visit.go(f"/accounts?q={username}")
        row_button(visit, "accounts.password", username).click()
        form = wait_for_dialog(visit)
        second = generate(visit, form, "common.newPassword")
        press(visit, "common.save", form)
        assert shown_secret(visit) == second
        press(visit, "tokens.done")
        wait_until_closed(visit)
        visit.assert_clean()
    for password, status in ((first, 401), (second, 201)):
        answer = http.post("/api/v1/sessions", json={"username": username, "password": password})
        assert answer.status_code == status


def test_own_new_password_is_shown_once_and_the_session_goes_on(
    browser: Browser, stack: Stack, person: Account, http: httpx.Client
) -> None:
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, "/account")
        press(visit, "account.password")
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("account.currentPassword")).fill(person.password)
        password = generate(visit, form, "common.newPassword")
        press(visit, "common.save", form)
        assert shown_secret(visit) == password
        press(visit, "tokens.done")
        wait_until_closed(visit)
        visit.page.reload()
        wait_for_page(visit, visit.text("account.title"))
        visit.assert_clean()
    answer = http.post("/api/v1/sessions", json={"username": person.username, "password": password})
    assert answer.status_code == httpx.codes.CREATED
