"""Rules for tags, copies, and quotas in the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.kit.browser import Visit, open_visit
from tests.kit.console import (
    press,
    row_button,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
    wait_until_loaded,
)
from tests.kit.http.accounts import Account, new_password
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

PHONE = (375, 800)
DESKTOP = (1440, 900)
TAGS = ("dev-1", "dev-2", "v1")


@pytest.fixture
def owner(admin: Account) -> Iterator[Account]:
    with admin.make_account(password=new_password()) as account:
        yield account


@pytest.fixture
def tagged(owner: Account, stack: Stack) -> str:
    """A repository of the owner with `TAGS`, which were pushed one after the other."""
    namespace, user = owner.make_namespace(), owner.make_docker_user()
    owner.grant(namespace, user, "push")
    repository = f"{namespace}/app"
    with Registry(stack.url, user.credentials) as registry:
        for tag in TAGS:
            registry.push(make_image(), repository, tag)
    eventually(
        lambda: owner.tags(repository).keys() == set(TAGS),
        within=30,
        what="the tags in the catalog",
    )
    return repository


def card(visit: Visit, key: str) -> Locator:
    return visit.page.get_by_role("region", name=visit.text(key), exact=True)


@pytest.mark.parametrize(("language", "size"), [("zh", PHONE), ("en", DESKTOP)])
def test_rules_show_their_effect_before_they_are_saved_and_mark_immutable_tags(
    language: str,
    size: tuple[int, int],
    browser: Browser,
    stack: Stack,
    owner: Account,
    tagged: str,
) -> None:
    namespace, _, _ = tagged.partition("/")
    with open_visit(browser, stack.url, language, size) as visit:
        sign_in(visit, owner, f"/namespaces/{namespace}")
        wait_for_page(visit, namespace)
        card(visit, "rules.title").get_by_text(visit.text("rules.immutable.none")).wait_for()
        press(visit, "rules.edit")
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("rules.immutable"), exact=True).fill("v*")
        press(visit, "rules.retention.add", form)
        form.get_by_label(visit.text("rules.retention.tags"), exact=True).fill("dev-*")
        form.get_by_label(visit.text("rules.keep_last"), exact=True).fill("0")
        form.get_by_text(visit.text("rules.effect.incomplete")).wait_for()
        form.get_by_label(visit.text("rules.keep_last"), exact=True).fill("1")
        form.get_by_text(visit.text("rules.effect.off", deleted=1, kept=2)).wait_for()
        form.get_by_role("checkbox", name=visit.text("rules.enable")).check()
        form.get_by_text(visit.text("rules.effect.on", deleted=1, kept=2)).wait_for()
        effect = form.get_by_role("table", name=visit.text("rules.preview"))
        expect(effect.locator("tbody tr")).to_have_count(1)
        expect(effect).to_contain_text("dev-1")
        expect(effect).to_contain_text(visit.text("rules.reason.not_kept", pattern="dev-*"))
        form.get_by_role("button", name=visit.text("rules.show.keep", count=2), exact=True).click()
        expect(effect.locator("tbody tr")).to_have_count(2)
        expect(effect).to_contain_text(visit.text("rules.reason.immutable"))
        expect(effect).to_contain_text(
            visit.text("rules.reason.keep_last", count=1, pattern="dev-*")
        )
        wait_until_loaded(visit)
        visit.assert_accessible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        press(visit, "common.save", form)
        wait_until_closed(visit)
        rules = card(visit, "rules.title")
        rules.get_by_text("v*", exact=True).wait_for()
        rules.get_by_text(visit.text("rules.retention.on")).wait_for()
        visit.assert_accessible()
        stored = owner.call("GET", f"/namespaces/{namespace}/rules")
        assert (stored["immutable_tags"], stored["retention_enabled"]) == (["v*"], True)
        assert stored["retention"][0]["keep_last"] == 1

        press(visit, "rules.preview")
        preview = wait_for_dialog(visit)
        preview.get_by_text(visit.text("rules.effect.on", deleted=1, kept=2)).wait_for()
        wait_until_loaded(visit)
        visit.assert_accessible()
        press(visit, "common.close", preview.locator(".ant-modal-footer"))
        wait_until_closed(visit)

        visit.go("/activity?action=rules")
        visit.page.get_by_text(visit.text("activity.do.rules.update")).wait_for()
        visit.go(f"/repositories/{tagged}")
        visit.page.get_by_role("button", name=visit.text("image.immutable", tag="v1")).wait_for()
        visit.assert_clean()


def test_repository_has_rules_of_its_own_and_is_deleted_with_its_immutable_tags(
    browser: Browser, stack: Stack, owner: Account, tagged: str
) -> None:
    namespace, _, _ = tagged.partition("/")
    owner.call("PUT", f"/namespaces/{namespace}/rules", json={"immutable_tags": ["dev-*"]})
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, owner, f"/repositories/{tagged}")
        wait_for_page(visit, tagged)
        rules = card(visit, "rules.title")
        rules.get_by_text(visit.text("rules.source.namespace")).wait_for()
        press(visit, "rules.override")
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("rules.immutable"), exact=True).fill("v[1]\nnot a pattern")
        press(visit, "common.save", form)
        form.get_by_text(visit.text("rules.pattern.wrong", pattern="not a pattern")).wait_for()
        form.get_by_label(visit.text("rules.immutable"), exact=True).fill("v[1]")
        press(visit, "common.save", form)
        wait_until_closed(visit)
        rules.get_by_text(visit.text("rules.source.repository")).wait_for()
        lock = visit.page.get_by_role("button", name=visit.text("image.immutable", tag="v1"))
        lock.wait_for()
        press(visit, "rules.useNamespace")
        press(visit, "rules.useNamespace", wait_for_dialog(visit))
        wait_until_closed(visit)
        rules.get_by_text(visit.text("rules.source.namespace")).wait_for()
        expect(lock).to_have_count(0)

        press(visit, "common.delete")
        confirmation = wait_for_dialog(visit)
        confirm = confirmation.get_by_role("button", name=visit.text("common.delete"), exact=True)
        confirmation.get_by_role("textbox").fill(tagged)
        confirm.click()
        confirmation.get_by_text(visit.text("rules.force.text")).wait_for()
        expect(confirm).to_be_disabled()
        visit.assert_accessible()
        confirmation.get_by_role("checkbox", name=visit.text("rules.force")).check()
        confirm.click()
        wait_for_page(visit, visit.text("repositories.title"))
        # The first attempt is refused, and then the console asks.
        visit.assert_clean(expected=r"\b409\b")


def test_image_is_copied_to_another_repository_and_gets_another_tag(
    browser: Browser, stack: Stack, owner: Account, tagged: str
) -> None:
    target = owner.make_namespace()
    with open_visit(browser, stack.url, "zh", PHONE) as visit:
        sign_in(visit, owner, f"/repositories/{tagged}")
        wait_for_page(visit, tagged)
        row_button(visit, "image.copy", "v1").click()
        form = wait_for_dialog(visit)
        form.get_by_label(visit.text("image.tag"), exact=True).fill("production")
        visit.assert_accessible()
        press(visit, "image.copy", form)
        wait_until_closed(visit)
        visit.page.get_by_text(visit.text("image.copied", image=f"{tagged}:production")).wait_for()
        visit.page.get_by_role("link", name="production", exact=True).click()
        wait_for_page(visit, f"{tagged}:production")
        press(visit, "image.copy")
        form = wait_for_dialog(visit)
        namespaces = form.get_by_role("combobox", name=visit.text("image.copy.namespace"))
        namespaces.click()
        namespaces.press_sequentially(target)
        expect(visit.page.locator(".ant-select-item-option")).to_have_text([target])
        namespaces.press("Enter")
        form.get_by_label(visit.text("image.copy.repository"), exact=True).fill("stable/app")
        press(visit, "image.copy", form)
        wait_until_closed(visit)
        visit.page.get_by_text(
            visit.text("image.copied", image=f"{target}/stable/app:production")
        ).wait_for()
        digests = [
            owner.tags(repository)["production"]["digest"]
            for repository in (tagged, f"{target}/stable/app")
        ]
        assert digests == [owner.tags(tagged)["v1"]["digest"]] * 2
        visit.assert_clean()


def test_administrator_sets_a_quota_and_the_account_is_warned(
    browser: Browser, stack: Stack, admin: Account, owner: Account, tagged: str
) -> None:
    eventually(
        lambda: owner.call("GET", "/account")["storage_used_bytes"],
        within=30,
        what="the used storage",
    )
    used = owner.call("GET", "/account")["storage_used_bytes"]
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, admin, f"/accounts?q={owner.username}")
        row_button(visit, "storage.setQuota", owner.username).click()
        form = wait_for_dialog(visit)
        form.get_by_role("radio", name=visit.text("storage.limit.text")).check()
        form.get_by_label(visit.text("storage.amount"), exact=True).fill("much")
        press(visit, "common.save", form)
        form.get_by_text(visit.text("storage.amount.wrong")).wait_for()
        form.get_by_label(visit.text("storage.unit")).select_option("B")
        form.get_by_label(visit.text("storage.amount"), exact=True).fill(str(used * 10 // 9))
        visit.assert_accessible()
        press(visit, "common.save", form)
        wait_until_closed(visit)
        meter = visit.page.get_by_role("meter", name=visit.text("storage.title"))
        expect(meter).to_have_attribute("aria-valuenow", "90")
        visit.assert_accessible()
        visit.assert_clean()
    with open_visit(browser, stack.url, "zh", PHONE) as visit:
        sign_in(visit, owner, "/repositories")
        warning = visit.page.get_by_role("alert").filter(has_text=visit.text("storage.warning"))
        warning.wait_for()
        visit.assert_accessible()
        warning.get_by_role("link", name=visit.text("storage.view")).click()
        wait_for_page(visit, visit.text("account.title"))
        expect(card(visit, "storage.title").get_by_role("meter")).to_have_attribute(
            "aria-valuenow", "90"
        )
        wait_until_loaded(visit)
        visit.assert_accessible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        visit.go("/activity?action=account")
        visit.page.get_by_text(visit.text("activity.field.storage_quota_bytes")).first.wait_for()
        visit.assert_clean()
