"""The usual tasks in the console, with the keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, expect

from tests.kit.browser import Visit, open_visit
from tests.kit.console import (
    row_button,
    rows,
    wait_for_dialog,
    wait_for_page,
    wait_until_closed,
)
from tests.kit.http.accounts import Account, DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.images import make_image
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

MOST_TABS = 60
"""This many presses of the tab key reach every element of every page."""
BACKWARD = "Shift+Tab"


def tab_to(visit: Visit, element: Locator, key: str = "Tab") -> None:
    """Press the tab key until ``element`` has the focus. Assert that the focus is visible."""
    element.wait_for()
    for _ in range(MOST_TABS):
        visit.page.keyboard.press(key)
        if element.evaluate("(node) => node === document.activeElement"):
            assert element.evaluate("(node) => node.matches(':focus-visible')")
            return
    raise AssertionError(f"{element} cannot be reached by the tab key")


def press_enter_on(visit: Visit, element: Locator, key: str = "Tab") -> None:
    """Move the focus to ``element``, and press the enter key."""
    tab_to(visit, element, key)
    visit.page.keyboard.press("Enter")


def choose_second(visit: Visit, first: str, second: str) -> None:
    """Choose the second of two radio buttons with the arrow key."""
    form = wait_for_dialog(visit)
    tab_to(visit, form.get_by_role("radio", name=re.compile(f"^{visit.text(first)}")))
    visit.page.keyboard.press("ArrowDown")
    expect(form.get_by_role("radio", name=re.compile(f"^{visit.text(second)}"))).to_be_checked()


def button(visit: Visit, key: str, within: Locator | None = None) -> Locator:
    return (within or visit.page).get_by_role("button", name=visit.text(key), exact=True)


def test_every_usual_task_can_be_completed_with_the_keyboard_alone(
    browser: Browser, stack: Stack, person: Account
) -> None:
    user, namespace = person.make_docker_user(), unique("space")
    with open_visit(browser, stack.url, "en") as visit:
        keys = visit.page.keyboard
        visit.open("/sign-in")
        expect(visit.page.get_by_label(visit.text("signIn.username"))).to_be_focused()
        keys.type(person.username)
        keys.press("Tab")
        keys.type(person.password)
        keys.press("Enter")
        wait_for_page(visit, visit.text("firstSteps.title"))
        press_enter_on(
            visit, visit.page.get_by_role("link", name=visit.text("nav.namespaces")), BACKWARD
        )
        wait_for_page(visit, visit.text("namespaces.title"))
        create_namespace(visit, namespace)
        add_push_grant(visit, namespace, user)
        with Registry(stack.url, (user.username, user.password)) as registry:
            registry.push(make_image(), f"{namespace}/app", "v1")
        eventually(
            lambda: person.tags(f"{namespace}/app"), within=30, what="the tag in the catalog"
        )
        press_enter_on(
            visit,
            visit.page.get_by_role("link", name=visit.text("nav.repositories"), exact=True).first,
            BACKWARD,
        )
        wait_for_page(visit, visit.text("repositories.title"))
        delete_tag_and_repository(visit, namespace)
        press_enter_on(visit, button(visit, "app.signOut"), BACKWARD)
        wait_for_page(visit, visit.text("signIn.title"))
        visit.assert_clean()


def create_namespace(visit: Visit, namespace: str) -> None:
    keys = visit.page.keyboard
    create = button(visit, "namespaces.create").first
    press_enter_on(visit, create)
    expect(
        wait_for_dialog(visit).get_by_label(visit.text("common.name"), exact=True)
    ).to_be_focused()
    keys.press("Escape")
    wait_until_closed(visit)
    expect(create).to_be_focused()  # closing a dialog returns the focus
    keys.press("Enter")
    expect(
        wait_for_dialog(visit).get_by_label(visit.text("common.name"), exact=True)
    ).to_be_focused()
    keys.type(namespace)
    choose_second(visit, "visibility.private", "visibility.public")
    keys.press("ArrowUp")
    press_enter_on(visit, button(visit, "common.create", wait_for_dialog(visit)))
    wait_until_closed(visit)
    press_enter_on(visit, visit.page.get_by_role("link", name=namespace, exact=True))
    wait_for_page(visit, namespace)


def add_push_grant(visit: Visit, namespace: str, user: DockerUser) -> None:
    keys = visit.page.keyboard
    press_enter_on(visit, button(visit, "grants.add"))
    chosen = wait_for_dialog(visit).get_by_role("combobox", name=visit.text("grants.dockerUser"))
    tab_to(visit, chosen)
    keys.type(user.username)
    expect(visit.page.locator(".ant-select-item-option")).to_have_count(1)
    keys.press("Enter")
    choose_second(visit, "permission.pull", "permission.push")
    press_enter_on(visit, button(visit, "grants.add", wait_for_dialog(visit)))
    wait_until_closed(visit)
    expect(rows(visit).filter(has_text=user.username)).to_contain_text(
        visit.text("permission.push")
    )


def delete_tag_and_repository(visit: Visit, namespace: str) -> None:
    keys = visit.page.keyboard
    press_enter_on(visit, visit.page.get_by_role("link", name=f"{namespace}/app"))
    wait_for_page(visit, f"{namespace}/app")
    row_button(visit, "image.delete", "v1").wait_for()
    press_enter_on(visit, row_button(visit, "image.delete", "v1"))
    confirmation = wait_for_dialog(visit)
    confirmation.get_by_text(visit.text("image.preview.exclusive")).wait_for()
    # The enter key alone must not delete anything.
    expect(button(visit, "common.cancel", confirmation)).to_be_focused()
    press_enter_on(visit, button(visit, "common.delete", confirmation))
    wait_until_closed(visit)
    visit.page.get_by_text(visit.text("repository.noTags"), exact=True).wait_for()
    press_enter_on(visit, button(visit, "common.delete"))
    expect(wait_for_dialog(visit).get_by_role("textbox")).to_be_focused()
    keys.type(f"{namespace}/app")
    keys.press("Enter")
    wait_for_page(visit, visit.text("repositories.title"))
