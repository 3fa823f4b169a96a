"""The preview of retention: what it would delete, and why it keeps the rest (spec 11)."""

import time
from datetime import datetime

import httpx
import pytest

from libs.common.db.pagination import encode_cursor
from tests.integration.catalog.retaining import (
    DIGEST,
    age,
    count_pulls,
    insert_tags,
    preview,
    preview_all,
    put_rules,
    use,
)
from tests.kit.database import Database

OTHER = "sha256:" + "e" * 64
KEEP_ONE = {"tags": "*", "keep_last": 1}
SPACE = "rules-test"


@pytest.fixture
async def space(acme: httpx.AsyncClient, emptied: Database) -> str:
    """A namespace of `acme`, without a registry. All pulls are counted."""
    created = await acme.post("/api/v1/namespaces", json={"name": SPACE, "visibility": "private"})
    assert created.status_code == 201
    await count_pulls(emptied)
    return SPACE


async def test_preview_shows_each_tag_with_its_decision(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"{space}/app"
    signature = f"sha256-{'a' * 64}.sig"
    tags = [("latest", 1), ("old", 90), ("used", 80), ("v1", 70), (signature, 60)]
    await insert_tags(emptied, path, tags)
    used_at = await use(emptied, path, "used", days=2)
    rule = {"tags": "*", "keep_last": 1, "keep_pulled_within_days": 7}
    await put_rules(acme, f"repositories/{path}", rule, immutable=["v*"], enabled=False)
    page = await preview(acme, f"repositories/{path}")
    assert (page["deleted_count"], page["kept_count"], page["next_cursor"]) == (1, 3, None)
    assert page["obstacles"] == []
    assert [
        (item["tag"], item["decision"], item["reason_code"], item["rule"]) for item in page["items"]
    ] == [
        ("latest", "keep", "keep_last", 0),
        ("old", "delete", "not_kept", 0),
        ("used", "keep", "keep_pulled_within_days", 0),
        ("v1", "keep", "immutable", None),
    ]
    used = page["items"][2]
    assert datetime.fromisoformat(used["last_used_at"]) == used_at
    assert (used["repository"], used["digest"]) == (path, DIGEST)
    assert page["items"][1]["last_used_at"] is None
    assert page["items"][1]["reason"].endswith(
        "it is not the newest tag and was not pulled or checked within 7 days."
    )


async def test_last_use_is_the_latest_of_pulls_checks_and_pulls_of_the_digest(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"{space}/app"
    await insert_tags(emptied, path, [("a", 90), ("b", 90), ("waiting", 90)])
    await insert_tags(emptied, path, [("by-digest", 90), ("pulled", 90)], digest=OTHER)
    by_tag = await use(emptied, path, "a", days=5)
    by_digest = await use(emptied, path, OTHER, days=4)
    await emptied.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, hour, tag, docker_user, pulls, checks, last_pulled_at)"
        " VALUES ($1, 0, date_trunc('hour', now()), 'pulled', 'dev', 1, 0, now())",
        path,
    )
    await emptied.execute(
        "INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository, tag,"
        " digest, docker_user, address, user_agent)"
        " VALUES ('e', (extract(epoch FROM now()) * 1000000000)::bigint, 'pull', 'HEAD', 'r', $1,"
        "  'waiting', $2, 'dev', '10.0.0.1', 'skopeo')",
        path,
        DIGEST,
    )
    items = (await preview(acme, f"repositories/{path}"))["items"]
    found = {item["tag"]: item["last_used_at"] for item in items}
    assert found["b"] is None
    assert datetime.fromisoformat(found["a"]) == by_tag
    assert datetime.fromisoformat(found["by-digest"]) == by_digest
    assert min(found["pulled"], found["waiting"]) > by_digest.isoformat()


async def test_uses_of_a_deleted_repository_of_the_same_name_do_not_count(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"{space}/app"
    await insert_tags(emptied, path, [("a", 1), ("b", 1)])
    await emptied.execute(
        "INSERT INTO catalog.reserved_names VALUES ('repository', $1, now() - interval '3 days')",
        path,
    )
    await use(emptied, path, "a", days=4)
    await use(emptied, path, "b", days=2)
    items = (await preview(acme, f"repositories/{path}"))["items"]
    assert [item["last_used_at"] is None for item in items] == [True, False]


async def test_posted_rules_are_previewed_and_not_stored(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"{space}/app"
    await insert_tags(emptied, path, [("a", 1), ("b", 2), ("v1", 3)])
    body = {"retention": [KEEP_ONE], "immutable_tags": ["v*"]}
    for owner in (f"repositories/{path}", f"namespaces/{space}"):
        page = await preview(acme, owner, body=body)
        assert [(item["tag"], item["decision"]) for item in page["items"]] == [
            ("a", "keep"),
            ("b", "delete"),
            ("v1", "keep"),
        ]
        page = await preview(acme, owner)
        assert {item["reason_code"] for item in page["items"]} == {"no_rule"}
    stored = (await acme.get(f"/api/v1/repositories/{path}/rules")).json()
    assert (stored["source"], stored["retention"]) == ("default", [])


async def test_namespace_preview_leaves_out_repositories_with_rules_of_their_own(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    for name in ("a", "b", "c/d"):
        await insert_tags(emptied, f"{space}/{name}", [("new", 1), ("old", 2)])
    await put_rules(acme, f"namespaces/{space}", KEEP_ONE)
    await put_rules(acme, f"repositories/{space}/b", {"tags": "*", "keep_last": 9})
    page = await preview(acme, f"namespaces/{space}")
    assert [(item["repository"], item["tag"], item["decision"]) for item in page["items"]] == [
        (f"{space}/a", "new", "keep"),
        (f"{space}/a", "old", "delete"),
        (f"{space}/c/d", "new", "keep"),
        (f"{space}/c/d", "old", "delete"),
    ]
    own = await preview(acme, f"repositories/{space}/b")
    assert (own["deleted_count"], own["kept_count"]) == (0, 2)
    inherited = await preview(acme, f"repositories/{space}/c/d")
    assert (inherited["deleted_count"], inherited["kept_count"]) == (1, 1)


async def test_pages_are_for_one_moment_and_can_be_filtered(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    for name in ("a", "b"):
        tags = [(f"v{n}", float(n)) for n in range(10)]
        await insert_tags(emptied, f"{space}/{name}", tags)
    await put_rules(acme, f"namespaces/{space}", {"tags": "*", "keep_pushed_within_days": 5})
    owner = f"namespaces/{space}"
    first = await preview(acme, owner, limit=3)
    following = await preview(acme, owner, limit=3, cursor=first["next_cursor"])
    assert following["at"] == first["at"]
    everything = await preview_all(acme, owner, limit=3)
    assert [(item["repository"], item["tag"]) for item in everything] == [
        (f"{space}/{name}", f"v{n}") for name in ("a", "b") for n in range(10)
    ]
    for decision in ("delete", "keep"):
        some = await preview_all(acme, owner, limit=3, decision=decision)
        assert some == [item for item in everything if item["decision"] == decision]
    bad = await acme.get(f"/api/v1/{owner}/rules/preview", params={"cursor": "x"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "cursor")
    first_years = encode_cursor("retention", ("0001-01-01T00:00:00+00:00", f"{space}/a", "v1"))
    bad = await acme.get(f"/api/v1/{owner}/rules/preview", params={"cursor": first_years})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "cursor")
    link = await acme.get(f"/api/v1/{owner}/rules/preview", params={"limit": 1})
    assert 'rel="next"' in link.headers["Link"]


async def test_preview_says_why_retention_waits(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"repositories/{space}/app"
    await insert_tags(emptied, f"{space}/app", [("a", 1)])
    await put_rules(acme, path, {"tags": "*", "keep_pulled_within_days": 30})

    async def obstacles() -> list[str]:
        return [one["code"] for one in (await preview(acme, path))["obstacles"]]

    assert await obstacles() == []
    await count_pulls(emptied, days=29)
    assert await obstacles() == ["counts_too_young"]
    await emptied.execute(
        "INSERT INTO events.dead_letters (reason, raw, raw_hash) VALUES ('bad', 'x', 'x')"
    )
    assert await obstacles() == ["dead_letters", "counts_too_young"]
    await emptied.execute(
        "UPDATE events.counting_state SET counted_until = now() - interval '2 minutes'"
    )
    assert await obstacles() == ["counting_behind"]
    await emptied.execute("DELETE FROM events.counting_state")
    assert await obstacles() == ["counting_behind"]


async def test_uses_before_a_restore_of_the_database_are_not_known(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"repositories/{space}/app"
    await insert_tags(emptied, f"{space}/app", [("a", 1)])
    await put_rules(acme, path, {"tags": "*", "keep_pulled_within_days": 1})
    await emptied.execute(
        "INSERT INTO catalog.retention_state (installation) VALUES ('another')"
        " ON CONFLICT (id) DO UPDATE SET installation = 'another'"
    )
    (obstacle,) = (await preview(acme, path))["obstacles"]
    assert obstacle["code"] == "counts_too_young"


async def test_only_the_owner_can_preview(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    await insert_tags(emptied, f"{space}/app", [("a", 1)])
    for owner in (f"namespaces/{space}", f"repositories/{space}/app"):
        path = f"/api/v1/{owner}/rules/preview"
        assert (await other.get(path)).status_code == 404
        assert (await other.post(path, json={})).status_code == 404
        assert (await acme.post(path, json={"retention": [{"tags": "*"}]})).status_code == 422


async def test_preview_of_10000_tags_takes_less_than_a_second_of_processor_time(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    path = f"{space}/app"
    tags = [(f"v{n // 100}.{n % 100}", float(n % 400)) for n in range(10_000)]
    await insert_tags(emptied, path, tags)
    await emptied.execute(
        "INSERT INTO events.last_uses SELECT $1, name, now() - interval '9 days' FROM catalog.tags",
        path,
    )
    await emptied.execute("ANALYZE catalog.tags, events.last_uses")
    await put_rules(
        acme,
        f"repositories/{path}",
        {"tags": "*", "keep_last": 10, "keep_pulled_within_days": 7, "keep_pushed_within_days": 7},
        {"tags": "v1*", "keep_last": 100},
        immutable=["v?.0", "v??.0"],
    )
    best, cpu = float("inf"), float("inf")
    for _ in range(3):
        began, cpu_began = time.perf_counter(), time.process_time()
        page = await preview(acme, f"repositories/{path}", limit=200)
        best = min(best, time.perf_counter() - began)
        cpu = min(cpu, time.process_time() - cpu_began)
    assert page["deleted_count"] + page["kept_count"] == 10_000
    assert page["deleted_count"] > 9_000
    print(f"preview of 10,000 tags: {best:.3f} s, {cpu:.3f} s of it processor time")
    assert cpu < 1.0  # the time on the clock depends on what else the machine does


async def test_namespace_with_too_many_tags_is_previewed_by_repository(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    await insert_tags(emptied, f"{space}/app", [("a", 1)])
    await emptied.execute("UPDATE catalog.repositories SET tag_count = 200001")
    answer = await acme.get(f"/api/v1/namespaces/{space}/rules/preview")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tags")
    assert "200001 tags" in answer.json()["detail"]
    assert (await preview(acme, f"repositories/{space}/app"))["kept_count"] == 1


async def test_aged_tag_is_previewed_as_deleted(
    acme: httpx.AsyncClient, emptied: Database, space: str
) -> None:
    await insert_tags(emptied, f"{space}/app", [("a", 1)])
    await put_rules(acme, f"namespaces/{space}", {"tags": "*", "keep_pushed_within_days": 7})
    assert (await preview(acme, f"namespaces/{space}"))["deleted_count"] == 0
    await age(emptied, f"{space}/app", a=8)
    assert (await preview(acme, f"namespaces/{space}"))["deleted_count"] == 1
