"""Rules for tags over the API: of a namespace, and of a repository in it."""

from typing import Any

import httpx
import pytest

from tests.integration.catalog.creating import create_namespace, create_repository

_RULES: dict[str, Any] = {
    "immutable_tags": ["v*", "release-?.*"],
    "retention": [
        {
            "tags": "*",
            "keep_last": 10,
            "keep_pulled_within_days": 30,
            "keep_pushed_within_days": None,
        }
    ],
    "retention_enabled": False,
}
_NONE: dict[str, Any] = {
    "immutable_tags": [],
    "retention": [],
    "retention_enabled": False,
    "source": "default",
    "updated_at": None,
}
_SPACE = "/api/v1/namespaces/team/rules"
_REPOSITORY = "/api/v1/repositories/team/charts/web/rules"


@pytest.fixture(autouse=True)
async def _objects(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team")
    await create_repository(acme, "team", "charts/web")


async def _entries(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    items = (await client.get("/api/v1/audit")).json()["items"]
    return [item for item in reversed(items) if item["action"].startswith("rules.")]


async def test_rules_of_a_namespace_are_set_shown_and_replaced(acme: httpx.AsyncClient) -> None:
    assert (await acme.get(_SPACE)).json() == _NONE
    put = await acme.put(_SPACE, json=_RULES)
    assert (put.status_code, put.json()) == (
        200,
        _RULES | {"source": "namespace", "updated_at": put.json()["updated_at"]},
    )
    assert (await acme.get(_SPACE)).json() == put.json()
    assert (await acme.get(_REPOSITORY)).json() == put.json()
    emptied = (await acme.put(_SPACE, json={})).json()
    assert emptied == _NONE | {"source": "namespace", "updated_at": emptied["updated_at"]}
    assert emptied["updated_at"] > put.json()["updated_at"]


async def test_rules_of_a_repository_replace_those_of_its_namespace(
    acme: httpx.AsyncClient,
) -> None:
    of_space = (await acme.put(_SPACE, json=_RULES)).json()
    own = await acme.put(_REPOSITORY, json={"immutable_tags": ["1.*"]})
    assert (own.status_code, own.json()["source"]) == (200, "repository")
    assert (own.json()["immutable_tags"], own.json()["retention"]) == (["1.*"], [])
    assert (await acme.get(_REPOSITORY)).json() == own.json()
    assert (await acme.get(_SPACE)).json() == of_space
    assert (await acme.delete(_REPOSITORY)).status_code == 204
    assert (await acme.get(_REPOSITORY)).json() == of_space
    assert (await acme.delete(_REPOSITORY)).status_code == 204


async def test_changes_of_rules_are_in_the_audit_trail_once(acme: httpx.AsyncClient) -> None:
    for _ in range(2):
        await acme.put(_SPACE, json=_RULES)
    await acme.put(_SPACE, json=_RULES | {"immutable_tags": ["v*"], "retention_enabled": True})
    await acme.put(_REPOSITORY, json={"immutable_tags": ["1.*"]})
    for _ in range(2):
        await acme.delete(_REPOSITORY)
    shown = [(one["action"], one["target"], one["changes"]) for one in await _entries(acme)]
    assert shown == [
        (
            "rules.update",
            "namespaces/team/rules",
            {
                "immutable_tags": [None, "v*, release-?.*"],
                "retention": [None, "*: keep_last 10, keep_pulled_within_days 30"],
            },
        ),
        (
            "rules.update",
            "namespaces/team/rules",
            {"immutable_tags": ["v*, release-?.*", "v*"], "retention_enabled": [False, True]},
        ),
        (
            "rules.update",
            "repositories/team/charts/web/rules",
            {"immutable_tags": [None, "1.*"], "retention_enabled": [None, False]},
        ),
        (
            "rules.delete",
            "repositories/team/charts/web/rules",
            {"immutable_tags": ["1.*", None], "retention_enabled": [False, None]},
        ),
    ]


async def test_administrators_change_of_rules_is_in_the_trail_of_the_owner(
    acme: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    assert (await admin.put(_SPACE, json=_RULES)).status_code == 200
    (entry,) = await _entries(acme)
    assert (entry["account"], entry["action"]) == ("admin", "rules.update")


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"immutable_tags": ["v*", "a b"]}, "immutable_tags[1]", "which is in no tag"),
        ({"immutable_tags": ["v[1"]}, "immutable_tags[0]", "close the set"),
        ({"immutable_tags": [""]}, "immutable_tags[0]", "at least 1 character"),
        ({"immutable_tags": ["v" * 129]}, "immutable_tags[0]", "at most 128 characters"),
        ({"immutable_tags": ["v\0"]}, "immutable_tags[0]", "which is in no tag"),
        ({"immutable_tags": ["v*"] * 21}, "immutable_tags", "at most 20 items"),
        ({"immutable_tags": None}, "immutable_tags", "valid list"),
        ({"retention": [{"tags": "*"}]}, "retention[0]", "must have keep_last"),
        ({"retention": [{"keep_last": 1}]}, "retention[0].tags", "required"),
        (
            {"retention": [{"tags": "*", "keep_last": 0}]},
            "retention[0].keep_last",
            "greater than or equal to 1",
        ),
        (
            {"retention": [{"tags": "*", "keep_pulled_within_days": 99999}]},
            "retention[0].keep_pulled_within_days",
            "less than or equal to 3650",
        ),
        (
            {"retention": [{"tags": "*", "keep_last": 1, "days": 1}]},
            "retention[0].days",
            "not permitted",
        ),
        ({"retention": [{"tags": "*", "keep_last": 1}] * 21}, "retention", "at most 20 items"),
        ({"retention_enabled": "yes"}, "retention_enabled", "valid boolean"),
        ({"source": "default"}, "source", "not permitted"),
    ],
)
async def test_invalid_rules_are_refused_with_the_field(
    acme: httpx.AsyncClient, change: dict[str, Any], field: str, message: str
) -> None:
    for path in (_SPACE, _REPOSITORY):
        answer = await acme.put(path, json=_RULES | change)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert message in error["message"]
    assert (await acme.get(_SPACE)).json() == _NONE


async def test_rules_of_others_are_reported_as_missing(
    acme: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await acme.patch("/api/v1/namespaces/team", json={"visibility": "public"})
    for path, code in ((_SPACE, "namespace_not_found"), (_REPOSITORY, "not_found")):
        for answer in (await other.get(path), await other.put(path, json=_RULES)):
            assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert (await other.delete(_REPOSITORY)).status_code == 404
    assert (await acme.get(_SPACE)).json() == _NONE


async def test_rules_end_with_their_namespace_and_repository(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "zoo")
    await acme.put("/api/v1/namespaces/zoo/rules", json=_RULES)
    assert (await acme.delete("/api/v1/namespaces/zoo")).status_code == 204
    assert (await acme.get("/api/v1/namespaces/zoo/rules")).status_code == 404
