"""Many tags at once in the console: their order, their deletion, and copies of images."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.test_console_keyboard import press_enter_on, tab_to
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
from tests.kit.http.accounts import Account, new_password
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

PHONE = (375, 800)
DESKTOP = (1440, 900)
TAGS = ("1.0.2", "1.0.10", "dev", "latest", "v1")


@pytest.fixture
def owner(admin: Account) -> Iterator[Account]:
    """An account whose repository `app` has `TAGS`, of which `v1` is immutable."""
    with admin.make_account(password=new_password()) as account:
        yield account


@pytest.fixture
def tagged(owner: Account, stack: Stack) -> str:
    namespace, user = owner.make_namespace(), owner.make_docker_user()
    owner.grant(namespace, user, "push")
    repository = f"{namespace}/app"
    shared = make_image()
    with Registry(stack.url, user.credentials) as registry:
        for tag in TAGS:
            registry.push(shared if tag in ("dev", "latest") else make_image(), repository, tag)
    owner.call("PUT", f"/namespaces/{namespace}/rules", json={"immutable_tags": ["v*"]})
    eventually(
        lambda: owner.tags(repository).keys() == set(TAGS),
        within=30,
        what="the tags in the catalog",
    )
    return repository


def checkbox(visit: Visit, tag: str) -> Locator:
    return visit.page.get_by_role(
        "checkbox", name=visit.text("common.selectRow", name=tag), exact=True
    )


@pytest.mark.parametrize(("language", "size"), [("zh", PHONE), ("en", DESKTOP)])
def test_selected_tags_are_deleted_after_one_preview_that_names_those_that_remain(
    language: str,
    size: tuple[int, int],
    browser: Browser,
    stack: Stack,
    owner: Account,
    tagged: str,
) -> None:
    with open_visit(browser, stack.url, language, size) as visit:
        sign_in(visit, owner, f"/repositories/{tagged}")
        wait_for_page(visit, tagged)
        tags = visit.page.get_by_role("table", name=visit.text("repository.tags"))
        expect(tags.locator("tbody tr")).to_have_count(len(TAGS))
        for number, tag in enumerate(TAGS):  # 1.0.2 is before 1.0.10
            expect(tags.locator("tbody tr").nth(number)).to_contain_text(tag)
        visit.page.get_by_text(visit.text("repository.total", count=len(TAGS))).wait_for()
        immutable = visit.text("image.immutable", tag="v1")
        visit.page.get_by_role("button", name=immutable).focus()
        visit.page.get_by_role("tooltip").get_by_text(immutable).wait_for()
        visit.page.keyboard.press("Escape")
        expect(row_button(visit, "image.delete", "v1")).to_be_disabled()
        visit.assert_accessible()

        visit.page.get_by_label(visit.text("repository.selectPage")).check()
        visit.page.get_by_text(visit.text("repository.selected", count=5)).wait_for()
        checkbox(visit, "latest").uncheck()
        visit.page.get_by_text(visit.text("repository.selected", count=4)).wait_for()
        visit.assert_accessible()
        press(visit, "repository.deleteSelected")
        dialog = wait_for_dialog(visit)
        dialog.get_by_text(visit.text("images.delete.text", count=3)).wait_for()
        dialog.get_by_text(visit.text("images.notDeleted", count=1)).wait_for()
        dialog.get_by_text(visit.text("error.tag_immutable")).wait_for()
        siblings = dialog.locator(".facts > div").filter(
            has_text=visit.text("images.preview.siblings")
        )
        expect(siblings).to_contain_text("latest")
        visit.assert_accessible()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        dialog.get_by_role(
            "button", name=visit.text("images.delete.confirm", count=3), exact=True
        ).click()
        wait_until_closed(visit)
        visit.page.get_by_text(visit.text("images.deleted", count=3)).wait_for()
        expect(tags.locator("tbody tr")).to_have_count(2)
        assert owner.tags(tagged).keys() == {"latest", "v1"}
        expect(checkbox(visit, "v1")).to_be_checked()  # it was not deleted
        visit.assert_clean()


def test_tags_are_selected_and_deleted_with_the_keyboard_alone(
    browser: Browser, stack: Stack, owner: Account, tagged: str
) -> None:
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, owner, f"/repositories/{tagged}")
        wait_for_page(visit, tagged)
        checkbox(visit, "dev").wait_for()
        tab_to(visit, checkbox(visit, "1.0.2"))
        visit.page.keyboard.press("Space")
        tab_to(visit, checkbox(visit, "dev"))
        visit.page.keyboard.press("Space")
        delete = visit.page.get_by_role("button", name=visit.text("repository.deleteSelected"))
        press_enter_on(visit, delete, "Shift+Tab")
        dialog = wait_for_dialog(visit)
        confirm = dialog.get_by_role(
            "button", name=visit.text("images.delete.confirm", count=2), exact=True
        )
        confirm.wait_for()
        # The enter key alone must not delete anything.
        expect(dialog.get_by_role("button", name=visit.text("common.cancel"))).to_be_focused()
        press_enter_on(visit, confirm)
        wait_until_closed(visit)
        expect(checkbox(visit, "dev")).to_have_count(0)
        assert owner.tags(tagged).keys() == {"1.0.10", "latest", "v1"}
        visit.assert_clean()


def test_account_cannot_select_the_tags_of_another_account(
    browser: Browser, stack: Stack, owner: Account, person: Account, tagged: str
) -> None:
    namespace, _, _ = tagged.partition("/")
    owner.call("PATCH", f"/namespaces/{namespace}", json={"visibility": "public"})
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, f"/repositories/{tagged}")
        wait_for_page(visit, tagged)
        expect(rows(visit)).to_have_count(len(TAGS))
        wait_until_loaded(visit)
        expect(visit.page.get_by_role("checkbox")).to_have_count(0)
        expect(visit.page.get_by_text(visit.text("rules.title"))).to_have_count(0)
        visit.assert_clean()
