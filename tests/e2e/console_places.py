"""The pages of the console with content, and the buttons on them that open a dialog."""

from __future__ import annotations

from dataclasses import dataclass

from tests.e2e.console_content import LONG_TAG, SCRIPT, Content
from tests.kit.browser import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """A page and its dialogs."""

    path: str
    text: str
    """A text that the page contains once its content has loaded."""
    dialogs: tuple[str, ...] = ()
    """Keys of the texts of buttons. Each opens a dialog. None of them changes anything."""


def places_of_owner(content: Content, visit: Visit) -> tuple[Place, ...]:
    """Return the pages that an account sees."""
    disabled = visit.text(
        "activity.fromTo",
        field=visit.text("activity.field.disabled"),
        before=visit.text("activity.no"),
        after=visit.text("activity.yes"),
    )
    rules = ("rules.preview", "rules.edit")
    repository = f"/repositories/{content.repository}"
    user = f"/docker-users/{content.user.username}"
    return (
        Place("/repositories", content.repository, ("repositories.create",)),
        Place(
            repository,
            SCRIPT,
            ("repositories.change", "common.delete", "image.copy", "image.delete"),
        ),
        Place(f"{repository}:v1", SCRIPT, ("image.copy", "image.delete")),
        Place(f"{repository}:{LONG_TAG}", LONG_TAG),
        Place("/namespaces", SCRIPT, ("namespaces.create", "common.change", "common.delete")),
        Place(
            f"/namespaces/{content.namespace}",
            SCRIPT,
            ("common.change", "common.delete", "grants.add", "common.remove", *rules),
        ),
        Place(
            "/docker-users",
            SCRIPT,
            (
                "dockerUsers.create",
                "dockerUsers.changePassword",
                "dockerUsers.disable",
                "common.delete",
            ),
        ),
        Place(
            user,
            f"agent {SCRIPT}",
            (
                "common.change",
                "dockerUsers.changePassword",
                "dockerUsers.disable",
                "common.delete",
                "tokens.create",
                "tokens.revoke",
            ),
        ),
        Place("/account/api-keys", SCRIPT, ("apiKeys.create", "tokens.revoke")),
        Place("/activity", disabled),
        Place("/trash", f"{content.repository}:deleted", ("trash.restore", "trash.remove")),
        Place("/first-steps", visit.text("firstSteps.finished")),
        Place(
            "/account",
            content.account.username,
            ("account.password", "app.signOutEverywhere"),
        ),
    )


def places_of_administrator(content: Content, visit: Visit) -> tuple[Place, ...]:
    """Return the pages that only an administrator sees."""
    account = content.account.username
    return (
        Place(
            f"/accounts?q={account}",
            visit.text("accounts.role.member"),
            (
                "accounts.create",
                "accounts.changeRole",
                "storage.setQuota",
                "accounts.password",
                "dockerUsers.disable",
            ),
        ),
        Place("/overview", account),
        Place("/pipeline", visit.text("pipeline.pending")),
    )
