"""Requests that create Docker users, namespaces, and repositories."""

import httpx

PASSWORD = "correct horse battery"


async def create_docker_user(
    client: httpx.AsyncClient, username: str, **fields: object
) -> httpx.Response:
    """Create a Docker user with the password PASSWORD."""
    body = {"username": username, "password": PASSWORD, **fields}
    return await client.post("/api/v1/docker-users", json=body)


async def create_namespace(
    client: httpx.AsyncClient, name: str, visibility: str = "private", **fields: object
) -> httpx.Response:
    """Create a namespace."""
    body = {"name": name, "visibility": visibility, **fields}
    return await client.post("/api/v1/namespaces", json=body)


async def create_repository(
    client: httpx.AsyncClient, namespace: str, name: str, **fields: object
) -> httpx.Response:
    """Create an empty repository."""
    body = {"namespace": namespace, "name": name, **fields}
    return await client.post("/api/v1/repositories", json=body)
