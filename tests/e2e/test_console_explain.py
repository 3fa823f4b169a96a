"""The card "Why is it denied?" on the pages of a namespace and of a Docker user."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.kit.browser import Visit, open_visit
from tests.kit.console import press, sign_in, wait_for_page
from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually


def card(visit: Visit) -> Locator:
    return visit.page.get_by_role("region", name=visit.text("explain.title"))


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_card_of_a_namespace_says_why_and_links_to_what_changes_it(
    language: str,
    theme: Literal["light", "dark"],
    browser: Browser,
    stack: Stack,
    person: Account,
) -> None:
    namespace, user = person.make_namespace(), person.make_docker_user()
    repository = f"{namespace}/app"
    values = {"user": user.username, "namespace": namespace, "repository": repository}
    with open_visit(browser, stack.url, language, theme=theme) as visit:
        sign_in(visit, person, f"/namespaces/{namespace}")
        wait_for_page(visit, namespace)
        answer = card(visit).get_by_role("status")
        card(visit).get_by_label(visit.text("explain.user")).fill(user.username)
        card(visit).get_by_label(visit.text("repositories.repository")).fill(repository)
        press(visit, "explain.submit", card(visit))
        expect(answer).to_contain_text(visit.text("explain.denied"))
        expect(answer).to_contain_text(visit.text("explain.rule.no_grant", **values))
        visit.assert_accessible()

        person.grant(namespace, user, "pull")
        press(visit, "explain.submit", card(visit))
        expect(answer).to_contain_text(visit.text("explain.allowed"))
        expect(answer).to_contain_text(visit.text("explain.rule.granted", **values))

        person.call("PATCH", f"/docker-users/{user.username}", json={"disabled": True})
        press(visit, "explain.submit", card(visit))
        expect(answer).to_contain_text(visit.text("explain.rule.user_disabled", **values))
        answer.get_by_role("link", name=visit.text("explain.toUser")).click()
        wait_for_page(visit, user.username)
        visit.assert_clean()


def test_card_of_a_docker_user_asks_only_for_repository_and_action(
    browser: Browser, stack: Stack, person: Account
) -> None:
    namespace, user = person.make_namespace(), person.make_docker_user()
    person.grant(namespace, user, "pull")
    values = {"user": user.username, "namespace": namespace}
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, f"/docker-users/{user.username}")
        wait_for_page(visit, user.username)
        answer = card(visit).get_by_role("status")
        expect(card(visit).get_by_label(visit.text("explain.user"))).to_be_hidden()
        card(visit).get_by_label(visit.text("repositories.repository")).fill(f"{namespace}/app")
        card(visit).get_by_label(visit.text("explain.action")).press("Enter")
        visit.page.get_by_title(visit.text("explain.action.push")).click()
        press(visit, "explain.submit", card(visit))
        expect(answer).to_contain_text(visit.text("explain.rule.weaker_grant", **values))
        answer.get_by_role("link", name=visit.text("explain.toGrants")).click()
        wait_for_page(visit, namespace)
        visit.assert_clean()


def test_card_names_a_repository_that_cannot_exist_and_an_unknown_namespace(
    browser: Browser, stack: Stack, person: Account
) -> None:
    user = person.make_docker_user()
    with open_visit(browser, stack.url, "en") as visit:
        sign_in(visit, person, f"/docker-users/{user.username}")
        wait_for_page(visit, user.username)
        answer = card(visit).get_by_role("status")
        press(visit, "explain.submit", card(visit))
        card(visit).get_by_text(visit.text("rule.required")).wait_for()
        for repository, key in (
            ("app", "error.validation"),
            ("nowhere/app", "error.namespace_not_found"),
        ):
            card(visit).get_by_label(visit.text("repositories.repository")).fill(repository)
            press(visit, "explain.submit", card(visit))
            expect(answer).to_contain_text(visit.text(key))
        visit.assert_clean(expected=r"\b4(04|22)\b")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_denied_push_is_listed_on_the_page_of_the_namespace(
    language: str, browser: Browser, stack: Stack, person: Account
) -> None:
    namespace, user = person.make_namespace(), person.make_docker_user()
    repository = f"{namespace}/app"
    with open_visit(browser, stack.url, language) as visit:
        sign_in(visit, person, f"/namespaces/{namespace}")
        wait_for_page(visit, namespace)
        denials = visit.page.get_by_role("region", name=visit.text("denials.title"))
        expect(denials).to_contain_text(visit.text("denials.empty"))

        with Registry(stack.url, user.credentials) as registry:
            registry.token(f"repository:{repository}:pull,push")
        eventually(
            lambda: person.call("GET", f"/namespaces/{namespace}/denials")["items"],
            within=10,
            what="the denial",
        )
        visit.page.reload()
        row = denials.get_by_role("row").filter(has_text=user.username)
        expect(row).to_contain_text(repository)
        expect(row).to_contain_text(visit.text("explain.action.push"))
        expect(row).to_contain_text(visit.text("denials.rule.no_grant"))
        visit.assert_accessible()
        visit.assert_clean()
