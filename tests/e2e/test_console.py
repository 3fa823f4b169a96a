"""The web console in a real browser on the real system, in both languages."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.kit.browser import Visit, visit
from tests.kit.clients.skopeo import Skopeo
from tests.kit.console import closed, dialog, heading, press, row_button, sign_in
from tests.kit.http.accounts import Account, new_password, unique
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

SIGN_IN_BYTES = 300_000
LIST_BYTES = 350_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_new_person_finds_the_way_from_sign_in_to_sign_out(
    language: str, browser: Browser, stack: Stack, person: Account, skopeo: Skopeo
) -> None:
    namespace, user, password = unique("team"), unique("ci"), new_password()
    with visit(browser, stack.url, language) as at:
        sign_in(at, person)
        take_first_steps(at, namespace, user, password)

        skopeo.login(stack.registry, user, password).checked()
        image = f"{stack.registry}/{namespace}/hello:v1"
        skopeo.push(make_image(), image).checked()
        at.page.get_by_text(at.text("firstSteps.finished")).wait_for()
        at.page.get_by_role("link", name=at.text("firstSteps.toRepositories")).click()

        heading(at, at.text("repositories.title"))
        at.assert_accessible()
        at.page.get_by_role("link", name=f"{namespace}/hello").click()
        at.page.get_by_role("link", name="v1", exact=True).wait_for()
        expect(at.page.get_by_test_id("pull-count")).to_have_text("0")
        skopeo.pull(image).checked()
        expect(at.page.get_by_test_id("pull-count")).to_have_text("1")
        at.page.locator(".chart canvas").wait_for()
        at.assert_accessible()

        change_grant(at, namespace, user)
        assert not skopeo.push(make_image(), f"{stack.registry}/{namespace}/hello:v2").ok
        make_token_and_disable(at, user)
        assert not skopeo.login(stack.registry, user, password).ok

        delete_tag_and_repository(at, f"{namespace}/hello")
        press(at, "app.signOut")
        heading(at, at.text("signIn.title"))
        at.page.reload()
        heading(at, at.text("signIn.title"))
        assert at.page.evaluate("localStorage.length + sessionStorage.length") == 0
        at.assert_clean()


def take_first_steps(at: Visit, namespace: str, user: str, password: str) -> None:
    heading(at, at.text("firstSteps.title"))
    at.assert_accessible()
    press(at, "namespaces.create")
    form = dialog(at)
    name = form.get_by_label(at.text("common.name"), exact=True)
    name.fill("Not A Name")
    press(at, "common.create", form)
    form.locator(".ant-form-item-explain-error").get_by_text(at.text("rule.namespace")).wait_for()
    at.assert_accessible()
    name.fill(namespace)
    name.press("Enter")
    closed(at)

    press(at, "dockerUsers.create")
    form = dialog(at)
    form.get_by_label(at.text("dockerUsers.username"), exact=True).fill(user)
    form.get_by_label(at.text("common.password"), exact=True).fill(password)
    at.assert_accessible()
    press(at, "common.create", form)
    closed(at)

    press(at, "grants.add")
    press(at, "grants.add", dialog(at))
    closed(at)
    host = at.url.partition("//")[2]
    at.page.get_by_text(f"docker login {host} -u {user}").wait_for()
    at.page.get_by_text(f"docker push {host}/{namespace}/hello:v1").wait_for()


def change_grant(at: Visit, namespace: str, user: str) -> None:
    at.page.get_by_role("link", name=at.text("nav.namespaces")).click()
    heading(at, at.text("namespaces.title"))
    at.assert_accessible()
    at.page.get_by_role("link", name=namespace).click()
    heading(at, namespace)
    row_button(at, "common.change", user).click()
    form = dialog(at)
    form.get_by_role("radio", name=re.compile(re.escape(at.text("permission.pull.text")))).check()
    press(at, "common.save", form)
    closed(at)
    at.page.get_by_role("cell", name=at.text("permission.pull"), exact=True).wait_for()
    at.assert_accessible()


def make_token_and_disable(at: Visit, user: str) -> None:
    at.page.get_by_role("link", name=at.text("nav.dockerUsers")).click()
    heading(at, at.text("dockerUsers.title"))
    at.assert_accessible()
    at.page.get_by_role("link", name=user).click()
    heading(at, user)
    press(at, "tokens.create")
    form = dialog(at)
    form.get_by_label(at.text("tokens.name"), exact=True).fill("cluster")
    press(at, "common.create", form)
    at.page.get_by_text("kubectl create secret docker-registry").wait_for()
    at.assert_accessible()
    press(at, "tokens.done")
    closed(at)
    at.page.get_by_role("cell", name="cluster", exact=True).wait_for()
    press(at, "dockerUsers.disable")
    press(at, "dockerUsers.disable", dialog(at))
    closed(at)
    at.page.get_by_text(at.text("dockerUsers.disabled"), exact=True).wait_for()
    at.assert_accessible()


def delete_tag_and_repository(at: Visit, repository: str) -> None:
    at.page.get_by_role("link", name=at.text("nav.repositories")).click()
    at.page.get_by_role("link", name=repository).click()
    row_button(at, "image.delete", "v1").click()
    asked = dialog(at)
    asked.get_by_text(at.text("image.preview.exclusive")).wait_for()
    at.assert_accessible()
    press(at, "common.delete", asked)
    closed(at)
    at.page.get_by_text(at.text("repository.noTags"), exact=True).wait_for()

    press(at, "common.delete")
    asked = dialog(at)
    confirm = asked.get_by_role("button", name=at.text("common.delete"), exact=True)
    expect(confirm).to_be_disabled()
    asked.get_by_role("textbox").fill(repository)
    confirm.click()
    heading(at, at.text("repositories.title"))
    expect(at.page.get_by_role("link", name=repository)).to_have_count(0, timeout=30_000)


def test_a_link_leads_on_after_signing_in_and_the_back_button_finds_the_list_again(
    browser: Browser, stack: Stack, person: Account
) -> None:
    for _ in range(21):
        person.make_namespace()
    with visit(browser, stack.url, "en") as at:
        sign_in(at, person, "/namespaces?q=space")
        expect(at.page).to_have_url(f"{stack.url}/namespaces?q=space")
        press(at, "common.nextPage")
        expect(at.page.get_by_role("table").get_by_role("row")).to_have_count(2)
        assert "cursor=" in at.page.url
        at.page.go_back()
        expect(at.page.get_by_role("table").get_by_role("row")).to_have_count(21)
        at.assert_clean()


def test_a_wrong_password_is_told_in_words(browser: Browser, stack: Stack, person: Account) -> None:
    with visit(browser, stack.url, "en") as at:
        at.open("/sign-in")
        at.page.get_by_label(at.text("signIn.username")).fill(person.username)
        at.page.get_by_label(at.text("common.password")).fill("not the password")
        press(at, "signIn.submit")
        at.page.get_by_text(at.text("error.login_refused")).wait_for()
        at.assert_clean(but=r"\b401\b")


def test_a_lost_connection_is_told_and_found_again(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace = person.make_namespace()
    person.call("POST", "/repositories", json={"namespace": namespace, "name": "app"})
    with visit(browser, stack.url, "zh") as at:
        sign_in(at, person, f"/repositories/{namespace}/app")
        heading(at, f"{namespace}/app")
        lost = at.page.get_by_text(at.text("app.connectionLost"))
        refused: list[str] = []

        def refuse(route: Route) -> None:
            refused.append(route.request.url)
            route.abort("connectionrefused")

        at.page.context.route("**/*", refuse)
        lost.wait_for()  # the page asks again by itself
        own = f"{stack.url}/api/v1/repositories/{namespace}/app"
        eventually(
            lambda: at.page.evaluate("0") or refused.count(own),
            lambda times: times >= 2,
            within=30,
            what="two refusals",
        )
        heading(at, f"{namespace}/app")
        expect(at.page.get_by_text(at.text("error.loading"))).to_have_count(0)
        at.page.context.unroute("**/*")
        expect(lost).to_have_count(0)
        at.page.context.set_offline(True)
        lost.wait_for()
        at.page.get_by_role("link", name=at.text("nav.dockerUsers")).click()
        at.page.context.set_offline(False)
        expect(lost).to_have_count(0)
        at.page.get_by_text(at.text("dockerUsers.empty"), exact=True).wait_for()
        at.assert_clean(but="ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED")


def test_the_language_is_switched_and_remembered(browser: Browser, stack: Stack) -> None:
    with visit(browser, stack.url, "en") as at:
        at.open("/")
        press(at, "signIn.submit")
        at.page.get_by_role("button", name="中文").click()
        at.page.get_by_role("heading", name="登录").wait_for()
        at.page.reload()
        at.page.get_by_role("heading", name="登录").wait_for()
        assert at.page.evaluate("document.documentElement.lang") == "zh-CN"
        at.assert_clean()


def test_pages_load_little(browser: Browser, stack: Stack, person: Account) -> None:
    """Spec of the console: sign-in ≤ 300 KB and the repository list ≤ 350 KB, compressed, in all."""
    person.make_namespace()
    with visit(browser, stack.url, "zh") as at:
        session = at.page.context.new_cdp_session(at.page)
        session.send("Network.enable")
        received = [0]
        session.on(
            "Network.loadingFinished",
            lambda event: received.__setitem__(0, received[0] + int(event["encodedDataLength"])),
        )
        at.open("/sign-in")
        heading(at, at.text("signIn.title"))
        at.page.wait_for_load_state("networkidle")
        print(f"sign-in page: {received[0]} bytes")
        assert 50_000 < received[0] <= SIGN_IN_BYTES
        sign_in(at, person)
        at.page.wait_for_url("**/repositories")
        received[0] = 0
        session.send("Network.clearBrowserCache")
        at.page.reload()
        heading(at, at.text("repositories.title"))
        at.page.wait_for_load_state("networkidle")
        print(f"repository list: {received[0]} bytes")
        assert 50_000 < received[0] <= LIST_BYTES


def test_files_are_cached_compressed_and_only_where_the_console_is(http: httpx.Client) -> None:
    index = http.get("/repositories/team/app:v1", headers={"Accept": "text/html"})
    assert index.status_code == 200
    assert index.headers["cache-control"] == "no-cache"
    assert index.headers["content-encoding"] == "gzip"
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    script = re.search(r'src="(/assets/[^"]+-[^"]+\.js)"', index.text)
    assert script is not None
    asset = http.get(script[1])
    assert asset.headers["content-encoding"] == "gzip"
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"] == "text/javascript"

    for path in ("/api/v1", "/api/v1/no-such", "/assets/none.js", "/repositoriesx", "/v3/"):
        missing = http.get(path)
        assert missing.status_code in (401, 404), path
        assert missing.headers["content-type"] == "application/problem+json"
    person = http.get("/no-such-page", headers={"Accept": "text/html"})
    assert (person.status_code, person.headers["content-type"]) == (404, "text/html; charset=utf-8")
