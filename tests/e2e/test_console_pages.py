"""Lists, grants, and keys of the console, as owners, administrators, and others see them."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Browser, expect

from tests.e2e.console_content import SCRIPT, Content
from tests.kit.browser import open_visit
from tests.kit.console import (
    press,
    row_button,
    rows,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account, unique
from tests.kit.stack.run import Stack


def test_administrator_can_filter_every_list_by_account(
    browser: Browser, stack: Stack, content: Content, admin: Account
) -> None:
    account = content.account.username
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, admin, "/namespaces")
        wait_until_loaded(visit)
        account_filter = visit.page.get_by_role("combobox", name=visit.text("common.account"))
        account_filter.click()
        account_filter.press_sequentially(account)
        expect(visit.page.locator(".ant-select-item-option")).to_have_text([account])
        account_filter.press("Enter")
        expect(visit.page).to_have_url(f"{stack.url}/namespaces?account={account}")
        expect(rows(visit)).to_have_count(1)
        expect(rows(visit)).to_contain_text(content.namespace)
        for path, shown in (
            ("docker-users", content.user.username),
            ("repositories", content.repository),
            ("account/api-keys", SCRIPT),
        ):
            visit.go(f"/{path}?account={account}")
            expect(rows(visit).filter(has_text=shown)).to_have_count(1)
            wait_until_loaded(visit)
            assert len(visit.page.get_by_role("table").locator("tbody tr").all()) <= 2, path
        visit.assert_clean()


def test_public_namespace_of_another_account_is_shown_without_actions(
    browser: Browser, stack: Stack, content: Content, person: Account
) -> None:
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, "/repositories?view=public&q=" + content.namespace)
        visit.page.get_by_role("link", name=content.repository).click()
        wait_for_page(visit, content.repository)
        wait_until_loaded(visit)
        deleting = re.compile(f"^{visit.text('common.delete')}")
        expect(visit.page.get_by_role("button", name=deleting)).to_have_count(0)
        visit.page.get_by_role("link", name=content.namespace, exact=True).click()
        wait_for_page(visit, content.namespace)
        visit.page.get_by_text(visit.text("namespaces.ofOtherAccount")).wait_for()
        expect(rows(visit)).to_have_count(1)
        # The page first requests the namespace as its owner would.
        visit.assert_clean(expected=r"\b404\b")


def test_hidden_grant_of_another_account_leaves_the_shared_repositories(
    browser: Browser, stack: Stack, content: Content, person: Account
) -> None:
    user = person.make_docker_user()
    content.account.grant(content.namespace, user, "pull")
    with open_visit(browser, stack.url, "zh") as visit:
        sign_in(visit, person, "/repositories?view=shared")
        expect(rows(visit)).to_contain_text(content.repository)
        visit.go(f"/docker-users/{user.username}")
        row_button(visit, "dockerUsers.grants.hide", content.namespace).click()
        row_button(visit, "dockerUsers.grants.show", content.namespace).wait_for()
        visit.page.get_by_text(visit.text("dockerUsers.grants.hidden"), exact=True).wait_for()
        visit.assert_accessible()
        visit.go("/repositories?view=shared")
        visit.page.get_by_text(visit.text("repositories.empty.shared"), exact=True).wait_for()
        visit.go(f"/docker-users/{user.username}")
        row_button(visit, "dockerUsers.grants.show", content.namespace).click()
        visit.go("/repositories?view=shared")
        expect(rows(visit)).to_contain_text(content.repository)
        visit.assert_clean()


def test_api_key_is_shown_once_and_works_until_it_is_revoked(
    browser: Browser, stack: Stack, person: Account, http: httpx.Client
) -> None:
    with open_visit(browser, stack.url, "zh") as visit:
        sign_in(visit, person, "/account/api-keys")
        no_keys = visit.page.get_by_text(visit.text("apiKeys.empty"), exact=True)
        no_keys.wait_for()
        visit.page.get_by_role("button", name=visit.text("apiKeys.create")).first.click()
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("common.name"), exact=True).fill("terraform")
        visit.assert_accessible()
        press(visit, "common.create", form)
        visit.page.get_by_text("curl -H @-").wait_for()
        secret = wait_for_dialog(visit).locator("code").first.inner_text()
        bearer = {"Authorization": f"Bearer {secret}"}
        assert http.get("/api/v1/namespaces", headers=bearer).status_code == httpx.codes.OK
        refused = http.post(
            "/api/v1/namespaces",
            headers=bearer,
            json={"name": unique("space"), "visibility": "private"},
        )
        assert refused.json()["code"] == "read_only_key"
        visit.page.keyboard.press("Escape")
        visit.page.get_by_text("curl -H @-").wait_for()  # the escape key does not close this dialog
        press(visit, "tokens.done")
        wait_until_closed(visit)
        assert secret not in visit.page.content()
        row_button(visit, "tokens.revoke", "terraform").click()
        press(visit, "tokens.revoke", wait_for_dialog(visit))
        wait_until_closed(visit)
        no_keys.wait_for()
        assert (
            http.get("/api/v1/namespaces", headers=bearer).status_code == httpx.codes.UNAUTHORIZED
        )
        visit.assert_clean()
