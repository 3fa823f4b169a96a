"""Objects that a service builds once and its routes receive as parameters, by their type."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI, Request

T = TypeVar("T")


def provide(app: FastAPI, *objects: object) -> None:
    """Make each of ``objects`` available to the routes of ``app`` under its class."""
    known: dict[type[Any], object] = getattr(app.state, "provided", {})
    app.state.provided = known | {type(one): one for one in objects}


def provided(kind: type[T]) -> Callable[[Request], T]:
    """A dependency that returns the object of class ``kind`` that the service provides.

    Use it in an alias beside the class: ``Issuer = Annotated[TokenIssuer, Depends(provided(TokenIssuer))]``.
    """

    def get(request: Request) -> T:
        found: T = request.app.state.provided[kind]
        return found

    return get
