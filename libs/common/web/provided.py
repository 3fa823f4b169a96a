"""Objects that a service builds once and that its routes receive as parameters, by type."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI, Request

T = TypeVar("T")


def provide(app: FastAPI, *objects: object) -> None:
    """Provide each of ``objects`` to the routes of ``app`` under its class."""
    provided_before: dict[type[Any], object] = getattr(app.state, "provided", {})
    app.state.provided = provided_before | {type(item): item for item in objects}


def provided(kind: type[T]) -> Callable[[Request], T]:
    """Return a dependency that resolves to the object of class ``kind``.

    Declare an alias beside the class::

        Issuer = Annotated[TokenIssuer, Depends(provided(TokenIssuer))]
    """

    def get(request: Request) -> T:
        item: T = request.app.state.provided[kind]
        return item

    return get
