"""The page of the trash: restores what was deleted, and ends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browser import open_visit
from tests.kit.console import (
    press,
    row_button,
    rows,
    sign_in,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
)
from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually


@pytest.fixture
def repository(stack: Stack, person: Account) -> Iterator[str]:
    """A repository with the deleted tags v1 and v2, of which v1 was pushed again."""
    name = f"{person.make_namespace()}/app"
    user = person.make_docker_user()
    person.grant(name.partition("/")[0], user, "push")
    with Registry(stack.url, user.credentials) as registry:

        def push(*tags: str) -> None:
            for tag in tags:
                registry.push(make_image(), name, tag)
            eventually(
                lambda: set(person.tags(name)) >= set(tags), within=30, what="the pushed tags"
            )

        push("v1", "v2", "v3")
        for tag in ("v1", "v2"):
            person.call("DELETE", f"/images/{name}:{tag}")
        push("v1")
        yield name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_deleted_tag_is_restored_or_deleted_permanently(
    language: str, browser: Browser, stack: Stack, person: Account, repository: str
) -> None:
    first, second = f"{repository}:v1", f"{repository}:v2"
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, person, "/trash")
        wait_for_page(visit, visit.text("trash.title"))
        expect(rows(visit)).to_have_count(2)
        row_button(visit, "trash.restore", first).click()
        form = wait_for_dialog(visit)
        visit.assert_accessible()
        tag = f"{visit.text('trash.otherTag')} ({visit.text('common.optional')})"
        form.get_by_label(tag).fill("old")
        press(visit, "trash.restore", form)
        wait_until_closed(visit)
        expect(rows(visit)).to_have_count(1)
        assert set(person.tags(repository)) == {"v1", "old", "v3"}

        row_button(visit, "trash.remove", second).click()
        form = wait_for_dialog(visit)
        expect(form).to_contain_text(visit.text("trash.remove.text", name=second))
        visit.assert_accessible()
        press(visit, "trash.remove", form)
        wait_until_closed(visit)
        visit.page.get_by_text(visit.text("trash.empty"), exact=True).wait_for()
        visit.assert_clean()
    assert person.call("GET", "/trash")["items"] == []
