"""Dead letters are listed and replayed."""

import json

from tests.integration.events.conftest import Registry, counts
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.sessions import SignIn


async def test_dead_letters_are_listed_in_pages_newest_first(
    sign_in: SignIn, registry: Registry
) -> None:
    admin = await sign_in("root", role="admin")
    for n in range(5):
        await registry.send(f"not json {n}".encode())
    seen, cursor = [], ""
    for _ in range(3):
        response = await admin.get(
            "/api/v1/events/dead-letters",
            params={"limit": "2"} | ({"cursor": cursor} if cursor else {}),
        )
        seen += [letter["raw"] for letter in response.json()["items"]]
        cursor = response.json()["next_cursor"]
        assert ("link" in response.headers) == (cursor is not None)
    assert cursor is None
    assert seen == [f"not json {n}" for n in reversed(range(5))]
    assert (
        await admin.get("/api/v1/events/dead-letters", params={"cursor": "W10"})
    ).status_code == 422


async def test_replayed_dead_letter_counts_once_and_is_audited(
    sign_in: SignIn, registry: Registry, emptied: Database
) -> None:
    admin = await sign_in("root", role="admin")
    good = event(tag="v1")
    await registry.deliver(good | {"action": "frobnicate"})
    (letter,) = (await admin.get("/api/v1/events/dead-letters")).json()["items"]
    assert "frobnicate" in letter["reason"]
    refused = await admin.post(f"/api/v1/events/dead-letters/{letter['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_replayable")
    # Simulate a later version that can interpret the letter.
    await emptied.execute(
        "UPDATE events.dead_letters SET raw = $1", json.dumps({"events": [good]}).encode()
    )
    for expected in (200, 404):
        assert (
            await admin.post(f"/api/v1/events/dead-letters/{letter['id']}/replay")
        ).status_code == expected
    await registry.deliver(good)
    assert await counts(emptied) == {"v1": (1, 0)}
    entries = await emptied.fetch(
        "SELECT action, target, account, client_address FROM events.audit_entries"
    )
    assert [tuple(entry) for entry in entries] == [
        ("dead_letter.replay", f"events/dead-letters/{letter['id']}", "root", "192.0.2.1"),
    ]
