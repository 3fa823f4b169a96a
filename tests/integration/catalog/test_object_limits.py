"""How many objects an account can have (spec 11, "Quotas")."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from services.catalog.app import create_app
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.creating import (
    create_docker_user,
    create_namespace,
    create_repository,
)
from tests.kit.database import Database
from tests.kit.sessions import Secrets, SignIn

LIMIT = 3
Create = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]


def add_repository(client: httpx.AsyncClient, name: str) -> Awaitable[httpx.Response]:
    """Create a repository in the namespace `team`."""
    return create_repository(client, "team", name)


KINDS = pytest.mark.parametrize(
    ("create", "path", "words", "setting"),
    [
        (create_namespace, "namespaces/", "namespaces", "CATALOG_MAX_NAMESPACES"),
        (create_docker_user, "docker-users/", "Docker users", "CATALOG_MAX_DOCKER_USERS"),
        (add_repository, "repositories/team/", "repositories", "CATALOG_MAX_REPOSITORIES"),
    ],
    ids=["namespaces", "docker-users", "repositories"],
)


@pytest.fixture
async def app(
    emptied: Database, catalog_secrets: Secrets, registry_url: str
) -> AsyncIterator[FastAPI]:
    """An app whose accounts can have three objects of each kind."""
    limits = dict.fromkeys(("max_namespaces", "max_docker_users", "max_repositories"), LIMIT)
    app = create_app(catalog_settings(emptied, catalog_secrets, registry_url, **limits))
    async with app.router.lifespan_context(app):
        yield app


async def fill(client: httpx.AsyncClient, create: Create) -> None:
    """Create objects up to the limit. One namespace has to exist for the repositories."""
    await create_namespace(client, "team")
    for number in range(LIMIT - (create is create_namespace)):
        assert (await create(client, f"object{number}")).status_code == 201


@KINDS
async def test_object_beyond_the_limit_gets_409_until_one_is_deleted(
    acme: httpx.AsyncClient, create: Create, path: str, words: str, setting: str
) -> None:
    await fill(acme, create)
    refused = await create(acme, "further")
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_reached")
    assert f"The account has 3 {words}" in refused.json()["detail"]
    assert setting in refused.json()["detail"]
    deleted = await acme.delete(f"/api/v1/{path}object0")
    if create is add_repository:
        return  # its row goes in the background
    assert deleted.status_code == 204
    if create is create_namespace:  # the trash reserves its name
        assert (await create(acme, "further")).status_code == 409
        (entry,) = (await acme.get("/api/v1/trash")).json()["items"]
        assert (await acme.delete(f"/api/v1/trash/{entry['id']}")).status_code == 204
    assert (await create(acme, "further")).status_code == 201


@KINDS
async def test_concurrent_requests_cannot_exceed_the_limit(
    acme: httpx.AsyncClient, create: Create, path: str, words: str, setting: str
) -> None:
    await create_namespace(acme, "team")
    answers = await asyncio.gather(*(create(acme, f"object{number}") for number in range(8)))
    expected = LIMIT - (create is create_namespace)
    assert [answer.status_code for answer in answers].count(201) == expected
    assert {answer.status_code for answer in answers} == {201, 409}


@KINDS
async def test_limit_holds_for_each_account_on_its_own(
    sign_in: SignIn, create: Create, path: str, words: str, setting: str
) -> None:
    acme, other = await sign_in("acme"), await sign_in("other")
    await fill(acme, create)
    if create is add_repository:
        await create_namespace(other, "other-team")
        assert (await create_repository(other, "other-team", "app")).status_code == 201
    else:
        assert (await create(other, "elsewhere")).status_code == 201


async def test_repository_that_an_administrator_creates_counts_for_the_owner_of_the_namespace(
    acme: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await fill(acme, add_repository)
    refused = await create_repository(admin, "team", "further")
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_reached")
