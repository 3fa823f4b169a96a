"""The usual tasks in the console, in a real browser on a real installation."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.kit.browser import Visit, open_visit
from tests.kit.clients.skopeo import Skopeo
from tests.kit.console import (
    press,
    row_button,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account, new_password, unique
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

SIGN_IN_BYTES = 300_000
REPOSITORY_LIST_BYTES = 350_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_new_person_completes_every_usual_task_from_sign_in_to_sign_out(
    language: str, browser: Browser, stack: Stack, person: Account, skopeo: Skopeo
) -> None:
    namespace, user, password = unique("team"), unique("ci"), new_password()
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, person)
        complete_first_steps(visit, namespace, user, password)

        skopeo.login(stack.registry, user, password).checked()
        image = f"{stack.registry}/{namespace}/hello:v1"
        skopeo.push(make_image(), image).checked()
        visit.page.get_by_text(visit.text("firstSteps.finished")).wait_for()
        visit.page.get_by_role("link", name=visit.text("firstSteps.toRepositories")).click()

        wait_for_page(visit, visit.text("repositories.title"))
        visit.assert_accessible()
        visit.page.get_by_role("link", name=f"{namespace}/hello").click()
        visit.page.get_by_role("link", name="v1", exact=True).wait_for()
        expect(visit.page.get_by_test_id("pull-count")).to_have_text("0")
        skopeo.pull(image).checked()
        expect(visit.page.get_by_test_id("pull-count")).to_have_text("1")
        visit.page.locator(".chart canvas").wait_for()
        visit.assert_accessible()

        change_grants(visit, namespace, user, "delete", "pull")
        assert not skopeo.push(make_image(), f"{stack.registry}/{namespace}/hello:v2").ok
        create_token_and_disable(visit, user)
        assert not skopeo.login(stack.registry, user, password).ok

        delete_tag_and_repository(visit, f"{namespace}/hello")
        press(visit, "app.signOut")
        wait_for_page(visit, visit.text("signIn.title"))
        visit.page.reload()
        wait_for_page(visit, visit.text("signIn.title"))
        assert visit.page.evaluate("localStorage.length + sessionStorage.length") == 0
        visit.assert_clean()


def complete_first_steps(visit: Visit, namespace: str, user: str, password: str) -> None:
    """Create a namespace, a Docker user, and a push grant on the page of first steps."""
    wait_for_page(visit, visit.text("firstSteps.title"))
    visit.assert_accessible()
    press(visit, "namespaces.create")
    form = wait_for_dialog(visit)
    name = form.get_by_label(visit.text("common.name"), exact=True)
    name.fill("Not A Name")
    press(visit, "common.create", form)
    form.locator(".ant-form-item-explain-error").get_by_text(
        visit.text("rule.namespace")
    ).wait_for()
    visit.assert_accessible()
    name.fill(namespace)
    name.press("Enter")
    wait_until_closed(visit)

    press(visit, "dockerUsers.create")
    form = wait_for_dialog(visit)
    form.get_by_label(visit.text("dockerUsers.username"), exact=True).fill(user)
    form.get_by_label(visit.text("common.password"), exact=True).fill(password)
    visit.assert_accessible()
    press(visit, "common.create", form)
    press(visit, "tokens.done")
    wait_until_closed(visit)

    press(visit, "grants.add")
    press(visit, "grants.add", wait_for_dialog(visit))
    wait_until_closed(visit)
    host = visit.url.partition("//")[2]
    visit.page.get_by_text(f"docker login {host} -u {user}").wait_for()
    visit.page.get_by_text(f"docker import - {host}/{namespace}/hello:v1").wait_for()
    visit.page.get_by_text(f"docker push {host}/{namespace}/hello:v1").wait_for()


def permission_choice(visit: Visit, form: Locator, permission: str) -> Locator:
    """Return the radio button of a permission in a dialog."""
    text = visit.text(f"permission.{permission}.text")
    return form.get_by_role("radio", name=re.compile(re.escape(text)))


def change_grants(visit: Visit, namespace: str, user: str, *permissions: str) -> None:
    """Change the grant of the Docker user to each of ``permissions`` in turn."""
    visit.page.get_by_role("link", name=visit.text("nav.namespaces")).click()
    wait_for_page(visit, visit.text("namespaces.title"))
    visit.assert_accessible()
    visit.page.get_by_role("link", name=namespace).click()
    wait_for_page(visit, namespace)
    for permission in permissions:
        row_button(visit, "common.change", user).click()
        form = wait_for_dialog(visit)
        permission_choice(visit, form, permission).check()
        visit.assert_accessible()
        press(visit, "common.save", form)
        wait_until_closed(visit)
        label = visit.text(f"permission.{permission}")
        visit.page.get_by_role("cell", name=label, exact=True).wait_for()
        visit.assert_accessible()


def create_token_and_disable(visit: Visit, user: str) -> None:
    visit.page.get_by_role("link", name=visit.text("nav.dockerUsers")).click()
    wait_for_page(visit, visit.text("dockerUsers.title"))
    visit.assert_accessible()
    visit.page.get_by_role("link", name=user).click()
    wait_for_page(visit, user)
    press(visit, "tokens.create")
    form = wait_for_dialog(visit)
    form.get_by_label(visit.text("tokens.name"), exact=True).fill("cluster")
    permission_choice(visit, form, "delete").check()
    press(visit, "common.create", form)
    visit.page.get_by_text("kubectl apply -f -").wait_for()
    visit.assert_accessible()
    press(visit, "tokens.done")
    wait_until_closed(visit)
    visit.page.get_by_role("cell", name="cluster", exact=True).wait_for()
    maximum = visit.text("permission.delete")
    visit.page.get_by_role("cell", name=maximum, exact=True).wait_for()
    press(visit, "dockerUsers.disable")
    press(visit, "dockerUsers.disable", wait_for_dialog(visit))
    wait_until_closed(visit)
    visit.page.get_by_text(visit.text("dockerUsers.disabled"), exact=True).wait_for()
    visit.assert_accessible()


def delete_tag_and_repository(visit: Visit, repository: str) -> None:
    visit.page.get_by_role("link", name=visit.text("nav.repositories")).click()
    visit.page.get_by_role("link", name=repository).click()
    row_button(visit, "image.delete", "v1").click()
    confirmation = wait_for_dialog(visit)
    confirmation.get_by_text(visit.text("image.preview.exclusive")).wait_for()
    visit.assert_accessible()
    press(visit, "common.delete", confirmation)
    wait_until_closed(visit)
    visit.page.get_by_text(visit.text("repository.noTags"), exact=True).wait_for()

    press(visit, "common.delete")
    confirmation = wait_for_dialog(visit)
    confirm = confirmation.get_by_role("button", name=visit.text("common.delete"), exact=True)
    expect(confirm).to_be_disabled()
    confirmation.get_by_role("textbox").fill(repository)
    confirm.click()
    wait_for_page(visit, visit.text("repositories.title"))
    expect(visit.page.get_by_role("link", name=repository)).to_have_count(0, timeout=30_000)


def test_sign_in_leads_to_the_requested_page_and_back_button_restores_the_list(
    browser: Browser, stack: Stack, person: Account
) -> None:
    for _ in range(21):
        person.make_namespace()
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, "/namespaces?q=space")
        expect(visit.page).to_have_url(f"{stack.url}/namespaces?q=space")
        press(visit, "common.nextPage")
        expect(visit.page.get_by_role("table").get_by_role("row")).to_have_count(2)
        assert "cursor=" in visit.page.url
        visit.page.go_back()
        expect(visit.page.get_by_role("table").get_by_role("row")).to_have_count(21)
        visit.assert_clean()


def test_lost_connection_is_reported_until_the_server_responds(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace = person.make_namespace()
    person.call("POST", "/repositories", json={"namespace": namespace, "name": "app"})
    with open_visit(browser, stack.url, "zh") as visit:
        sign_in(visit, person, f"/repositories/{namespace}/app")
        wait_for_page(visit, f"{namespace}/app")
        wait_until_loaded(visit)
        lost = visit.page.get_by_text(visit.text("app.connectionLost"))
        refused_urls: list[str] = []

        def refuse(route: Route) -> None:
            refused_urls.append(route.request.url)
            route.abort("connectionrefused")

        visit.page.context.route("**/*", refuse)
        lost.wait_for()  # the page requests its data every few seconds
        repository_url = f"{stack.url}/api/v1/repositories/{namespace}/app"
        eventually(
            lambda: visit.page.evaluate("0") or refused_urls.count(repository_url),
            lambda times: times >= 2,
            within=30,
            what="two refused requests",
        )
        wait_for_page(visit, f"{namespace}/app")
        expect(visit.page.get_by_text(visit.text("error.loading"))).to_have_count(0)
        visit.page.context.unroute("**/*")
        expect(lost).to_have_count(0)
        visit.page.context.set_offline(True)
        lost.wait_for()
        visit.page.get_by_role("link", name=visit.text("nav.dockerUsers")).click()
        visit.page.context.set_offline(False)
        expect(lost).to_have_count(0)
        visit.page.get_by_text(visit.text("dockerUsers.empty"), exact=True).wait_for()
        visit.assert_clean(expected="ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED")


def test_chosen_language_is_kept_after_a_reload(browser: Browser, stack: Stack) -> None:
    with open_visit(browser, stack.url, "en") as visit:
        visit.open("/")
        press(visit, "signIn.submit")
        visit.page.get_by_role("button", name="中文").click()
        visit.page.get_by_role("heading", name="登录").wait_for()
        visit.page.reload()
        visit.page.get_by_role("heading", name="登录").wait_for()
        assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"
        visit.assert_clean()


def test_sign_in_page_and_repository_list_stay_below_their_size_limits(
    browser: Browser, stack: Stack, person: Account
) -> None:
    """The compressed size of all files of a page: 300 KB for sign-in, 350 KB for the list."""
    person.make_namespace()
    with open_visit(browser, stack.url, "zh") as visit:
        session = visit.page.context.new_cdp_session(visit.page)
        session.send("Network.enable")
        received = [0]
        session.on(
            "Network.loadingFinished",
            lambda event: received.__setitem__(0, received[0] + int(event["encodedDataLength"])),
        )
        visit.open("/sign-in")
        wait_for_page(visit, visit.text("signIn.title"))
        visit.page.wait_for_load_state("networkidle")
        print(f"sign-in page: {received[0]} bytes")
        assert 50_000 < received[0] <= SIGN_IN_BYTES
        sign_in(visit, person)
        visit.page.wait_for_url("**/repositories")
        visit.page.goto("about:blank")  # ends the requests that load dialogs in advance
        session.send("Network.clearBrowserCache")
        received[0] = 0
        visit.open("/repositories")
        wait_for_page(visit, visit.text("repositories.title"))
        visit.page.wait_for_load_state("networkidle")
        print(f"repository list: {received[0]} bytes")
        assert 50_000 < received[0] <= REPOSITORY_LIST_BYTES


def test_gateway_serves_files_compressed_with_cache_headers_and_json_errors_elsewhere(
    http: httpx.Client,
) -> None:
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
    page = http.get("/no-such-page", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
