"""How the console shows grants of each permission."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browser import open_visit
from tests.kit.console import sign_in, wait_for_page
from tests.kit.http.accounts import Account
from tests.kit.stack.run import Stack


def test_first_steps_accept_a_delete_grant_which_includes_push(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace, user = person.make_namespace(), person.make_docker_user()
    person.grant(namespace, user, "delete")
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, "/first-steps")
        wait_for_page(visit, visit.text("firstSteps.title"))
        host = visit.url.partition("//")[2]
        visit.page.get_by_text(f"docker push {host}/{namespace}/hello:v1").wait_for()
        visit.assert_clean()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_activity_distinguishes_a_delete_grant_from_the_removal_of_a_grant(
    language: str, browser: Browser, stack: Stack, person: Account
) -> None:
    namespace, user = person.make_namespace(), person.make_docker_user()
    person.grant(namespace, user, "delete")
    person.revoke(namespace, user)
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, person, "/activity")
        wait_for_page(visit, visit.text("activity.title"))
        given, removed = (
            visit.page.get_by_role("row").filter(has_text=visit.text(f"activity.do.grant.{action}"))
            for action in ("allow_delete", "delete")
        )
        for row in (given, removed):
            expect(row).to_have_count(1)
            expect(row).to_contain_text(user.username)
            expect(row).to_contain_text(visit.text("activity.value.delete"))
        visit.assert_clean()
