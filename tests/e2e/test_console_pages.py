"""Every page of the console with content: accessible, usable on a phone, and safe from scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browser import Visit, open_visit
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
from tests.kit.http.accounts import Account, DockerUser, new_password, unique
from tests.kit.http.registry import Registry
from tests.kit.images import Blob, Image, make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PHONE_WIDTH = 375
DESKTOP_WIDTH = 1440


@dataclass(frozen=True, slots=True)
class Content:
    """An account with at least one object of each kind. All free texts are `SCRIPT`."""

    account: Account
    namespace: str
    user: DockerUser

    @property
    def repository(self) -> str:
        return f"{self.namespace}/shop/app"


@pytest.fixture(scope="module")
def content(stack: Stack, admin: Account, http: httpx.Client) -> Iterator[Content]:
    with admin.make_account(password=new_password()) as account:
        user, disabled = account.make_docker_user(token_login=True), account.make_docker_user()
        content = Content(account, unique("space"), user)
        account.call(
            "POST",
            "/namespaces",
            json={"name": content.namespace, "visibility": "public", "description": SCRIPT},
        )
        account.grant(content.namespace, user, "push")
        with Registry(stack.url, (user.username, user.password)) as registry:
            registry.push(make_index(), content.repository, "latest")
            registry.push(image_with_label(SCRIPT), content.repository, "v1")
            registry.push(make_image(), content.repository, "deleted")
            eventually(
                lambda: account.tags(content.repository).keys() == {"latest", "v1", "deleted"},
                within=30,
                what="the tags in the catalog",
            )
            registry.manifest(content.repository, "v1")
        account.call("DELETE", f"/images/{content.repository}:deleted")
        for path in (f"/repositories/{content.repository}", f"/docker-users/{user.username}"):
            account.call("PATCH", path, json={"description": SCRIPT})
        account.call("PATCH", f"/docker-users/{disabled.username}", json={"disabled": True})
        account.call("POST", "/api-keys", json={"name": SCRIPT, "permission": "read"})
        account.call(
            "POST",
            f"/docker-users/{user.username}/tokens",
            json={"name": SCRIPT, "permission": "pull"},
        )
        login = {"service": "moorage", "offline_token": "true", "client_id": f"agent {SCRIPT}"}
        http.get("/token", params=login, auth=(user.username, user.password)).raise_for_status()
        yield content


def image_with_label(text: str) -> Image:
    """Return an image with the label `note`."""
    image = make_image()
    config = json.loads(image.config.content)
    config["config"]["Labels"] = {"note": text}
    new_config = Blob(image.config.media_type, json.dumps(config).encode())
    manifest = {**json.loads(image.manifest.content), "config": new_config.descriptor()}
    return replace(
        image,
        config=new_config,
        manifest=Blob(image.manifest.media_type, json.dumps(manifest).encode()),
    )


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("zh", PHONE_WIDTH, "dark"), ("en", DESKTOP_WIDTH, "light")],
)
def test_every_page_is_accessible_and_fits_on_a_phone_and_runs_no_script_of_users(
    language: str,
    width: int,
    theme: Literal["light", "dark"],
    browser: Browser,
    stack: Stack,
    content: Content,
    admin: Account,
) -> None:
    user = content.user.username
    with open_visit(browser, stack.url, language, (width, 900), theme) as visit:
        visit.open("/sign-in")
        wait_for_page(visit, visit.text("signIn.title"))
        visit.assert_accessible()
        sign_in(visit, content.account)
        check_page(visit, "/repositories", content.repository, width)
        check_page(visit, f"/repositories/{content.repository}", SCRIPT, width)
        check_page(visit, f"/repositories/{content.repository}:v1", SCRIPT, width)
        check_page(visit, "/namespaces", SCRIPT, width)
        check_page(visit, f"/namespaces/{content.namespace}", SCRIPT, width)
        check_page(visit, "/docker-users", SCRIPT, width)
        check_page(visit, f"/docker-users/{user}", f"agent {SCRIPT}", width)
        check_page(visit, "/account/api-keys", SCRIPT, width)
        change = visit.text(
            "activity.fromTo",
            field=visit.text("activity.field.disabled"),
            before=visit.text("activity.no"),
            after=visit.text("activity.yes"),
        )
        check_page(visit, "/activity", change, width)
        check_page(visit, "/trash", f"{content.repository}:deleted", width)
        check_page(visit, "/first-steps", visit.text("firstSteps.finished"), width)
        check_page(visit, "/account", content.account.username, width)
        visit.assert_clean()
    with open_visit(browser, stack.url, language, (width, 900), theme) as visit:
        sign_in(visit, admin, "/accounts")
        check_page(visit, f"/accounts?q={admin.username}", visit.text("accounts.role.admin"), width)
        check_page(visit, "/overview", content.account.username, width)
        check_page(visit, "/pipeline", visit.text("pipeline.pending"), width)
        visit.assert_clean()


def check_page(visit: Visit, path: str, text: str, width: int) -> None:
    """Go to the page at ``path``, which contains ``text``.

    Assert that the window has the title of the page, that axe finds no serious issue, and that the
    page fits on a phone.
    """
    wait_until_loaded(visit)
    visit.go(path)
    visit.page.locator("#main").get_by_text(text).first.wait_for()
    wait_until_loaded(visit)
    title = visit.page.get_by_role("heading", level=1).inner_text()
    assert visit.page.title() == f"{title} · {visit.text('app.product')}"
    visit.assert_accessible()
    if width != PHONE_WIDTH:
        visit.page.set_viewport_size({"width": PHONE_WIDTH, "height": 900})
    # A chart changes its width only when it is drawn again.
    eventually(
        lambda: visit.page.evaluate("document.documentElement.scrollWidth"),
        lambda pixels: pixels <= PHONE_WIDTH,
        within=10,
        what=f"{path} on a phone",
    )
    if width != PHONE_WIDTH:
        visit.page.set_viewport_size({"width": width, "height": 900})


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
        expect(visit.page.get_by_role("button", name=visit.text("common.delete"))).to_have_count(0)
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
