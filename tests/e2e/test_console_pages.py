"""Every page of the console with something on it: accessible, in words, whole on a phone, and nothing that people wrote is run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browser import Visit, visit
from tests.kit.console import closed, dialog, heading, loaded, press, row_button, rows, sign_in
from tests.kit.http.accounts import Account, DockerUser, new_password, unique
from tests.kit.http.registry import Registry
from tests.kit.images import Blob, Image, make_image, make_index
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PHONE = 375
WIDE = 1440


@dataclass(frozen=True, slots=True)
class Content:
    """An account that has some of everything."""

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
            json={"name": content.namespace, "visibility": "public", "description": EVIL},
        )
        account.grant(content.namespace, user, "push")
        with Registry(stack.url, (user.username, user.password)) as registry:
            registry.push(make_index(), content.repository, "latest")
            registry.push(labelled(EVIL), content.repository, "v1")
            eventually(
                lambda: account.tags(content.repository).keys() == {"latest", "v1"},
                within=30,
                what="the tags in the catalog",
            )
            registry.manifest(content.repository, "v1")
        for path in (f"/repositories/{content.repository}", f"/docker-users/{user.username}"):
            account.call("PATCH", path, json={"description": EVIL})
        account.call("PATCH", f"/docker-users/{disabled.username}", json={"disabled": True})
        account.call("POST", "/api-keys", json={"name": EVIL, "permission": "read"})
        account.call(
            "POST",
            f"/docker-users/{user.username}/tokens",
            json={"name": EVIL, "permission": "pull"},
        )
        login = {"service": "moorage", "offline_token": "true", "client_id": f"agent {EVIL}"}
        http.get("/token", params=login, auth=(user.username, user.password)).raise_for_status()
        yield content


def labelled(text: str) -> Image:
    """An image with a label."""
    image = make_image()
    config = json.loads(image.config.content)
    config["config"]["Labels"] = {"note": text}
    changed = Blob(image.config.media_type, json.dumps(config).encode())
    manifest = {**json.loads(image.manifest.content), "config": changed.descriptor()}
    return replace(
        image,
        config=changed,
        manifest=Blob(image.manifest.media_type, json.dumps(manifest).encode()),
    )


@pytest.mark.parametrize(("language", "width"), [("zh", PHONE), ("en", WIDE)])
def test_every_page_is_accessible_and_whole_on_a_phone_and_runs_nothing_that_people_wrote(
    language: str, width: int, browser: Browser, stack: Stack, content: Content, admin: Account
) -> None:
    user = content.user.username
    with visit(browser, stack.url, language, (width, 900)) as at:
        at.open("/sign-in")
        heading(at, at.text("signIn.title"))
        at.assert_accessible()
        sign_in(at, content.account)
        look_at(at, "/repositories", content.repository, width)
        look_at(at, f"/repositories/{content.repository}", EVIL, width)
        look_at(at, f"/repositories/{content.repository}:v1", EVIL, width)
        look_at(at, "/namespaces", EVIL, width)
        look_at(at, f"/namespaces/{content.namespace}", EVIL, width)
        look_at(at, "/docker-users", EVIL, width)
        look_at(at, f"/docker-users/{user}", f"agent {EVIL}", width)
        look_at(at, "/account/api-keys", EVIL, width)
        look_at(at, "/activity", at.text("activity.do.repository.change"), width)
        look_at(at, "/first-steps", at.text("firstSteps.finished"), width)
        look_at(at, "/account", content.account.username, width)
        at.assert_clean()
    with visit(browser, stack.url, language, (width, 900)) as at:
        sign_in(at, admin, "/accounts")
        look_at(at, "/accounts", at.text("accounts.role.admin"), width)
        look_at(at, "/pipeline", at.text("pipeline.pending"), width)
        at.assert_clean()


def look_at(at: Visit, path: str, text: str, width: int) -> None:
    """Go to a page that shows ``text``: its title is the window's, axe finds nothing serious, a phone shows it whole."""
    loaded(at)
    at.go(path)
    at.page.locator("#main").get_by_text(text).first.wait_for()
    loaded(at)
    title = at.page.get_by_role("heading", level=1).inner_text()
    assert at.page.title() == f"{title} · {at.text('app.product')}"
    at.assert_accessible()
    if width != PHONE:
        at.page.set_viewport_size({"width": PHONE, "height": 900})
    eventually(
        lambda: at.page.evaluate("document.documentElement.scrollWidth"),
        lambda pixels: pixels <= PHONE,
        within=10,
        what=f"{path} on a phone",
    )  # a chart follows the window with the next picture
    if width != PHONE:
        at.page.set_viewport_size({"width": width, "height": 900})


def test_an_administrator_looks_at_one_account(
    browser: Browser, stack: Stack, content: Content, admin: Account
) -> None:
    account = content.account.username
    with visit(browser, stack.url, "en") as at:
        sign_in(at, admin, "/namespaces")
        loaded(at)
        chosen = at.page.get_by_role("combobox", name=at.text("common.account"))
        chosen.click()
        chosen.press_sequentially(account)
        expect(at.page.locator(".ant-select-item-option")).to_have_text([account])
        chosen.press("Enter")
        expect(at.page).to_have_url(f"{stack.url}/namespaces?account={account}")
        expect(rows(at)).to_have_count(1)
        expect(rows(at)).to_contain_text(content.namespace)
        for path, shown in (
            ("docker-users", content.user.username),
            ("repositories", content.repository),
            ("account/api-keys", EVIL),
        ):
            at.go(f"/{path}?account={account}")
            expect(rows(at).filter(has_text=shown)).to_have_count(1)
            loaded(at)
            assert len(at.page.get_by_role("table").locator("tbody tr").all()) <= 2, path
        at.assert_clean()


def test_another_accounts_public_namespace_can_be_looked_at(
    browser: Browser, stack: Stack, content: Content, person: Account
) -> None:
    with visit(browser, stack.url, "en") as at:
        sign_in(at, person, "/repositories?view=public&q=" + content.namespace)
        at.page.get_by_role("link", name=content.repository).click()
        heading(at, content.repository)
        loaded(at)
        expect(at.page.get_by_role("button", name=at.text("common.delete"))).to_have_count(0)
        at.page.get_by_role("link", name=content.namespace, exact=True).click()
        heading(at, content.namespace)
        at.page.get_by_text(at.text("namespaces.ofOtherAccount")).wait_for()
        expect(rows(at)).to_have_count(1)
        at.assert_clean(but=r"\b404\b")  # asked as its owner first


def test_an_api_key_is_shown_once_used_and_revoked(
    browser: Browser, stack: Stack, person: Account, http: httpx.Client
) -> None:
    with visit(browser, stack.url, "zh") as at:
        sign_in(at, person, "/account/api-keys")
        loaded_empty = at.page.get_by_text(at.text("apiKeys.empty"), exact=True)
        loaded_empty.wait_for()
        at.page.get_by_role("button", name=at.text("apiKeys.create")).first.click()
        form = dialog(at)
        form.get_by_label(at.text("common.name"), exact=True).fill("terraform")
        at.assert_accessible()
        press(at, "common.create", form)
        at.page.get_by_text("curl -H @-").wait_for()
        secret = dialog(at).locator("code").first.inner_text()
        bearer = {"Authorization": f"Bearer {secret}"}
        assert http.get("/api/v1/namespaces", headers=bearer).status_code == httpx.codes.OK
        refused = http.post(
            "/api/v1/namespaces",
            headers=bearer,
            json={"name": unique("space"), "visibility": "private"},
        )
        assert refused.json()["code"] == "read_only_key"
        at.page.keyboard.press("Escape")
        at.page.get_by_text("curl -H @-").wait_for()  # not lost by a slip
        press(at, "tokens.done")
        closed(at)
        assert secret not in at.page.content()
        row_button(at, "tokens.revoke", "terraform").click()
        press(at, "tokens.revoke", dialog(at))
        closed(at)
        loaded_empty.wait_for()
        assert (
            http.get("/api/v1/namespaces", headers=bearer).status_code == httpx.codes.UNAUTHORIZED
        )
        at.assert_clean()
