"""The types of fields in requests and responses, each with its rule (spec 4, "Names")."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from libs.common.db.text import is_text
from libs.common.registry import names

MAX_DESCRIPTION = 1000
_MAX_FIELDS = 1000
"""Pydantic lists every unknown field of a body, at a cost that more of them would make too high."""
_MAX_TIME = datetime(9999, 1, 1, tzinfo=UTC)
"""Later times can overflow in UTC; PostgreSQL stores the last one as infinity."""


class Body(BaseModel):
    """A request body.

    Unknown fields are rejected, so that no client sets a field that it must not set.
    """

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _limit_fields(cls, value: Any) -> Any:
        if isinstance(value, dict) and len(value) > _MAX_FIELDS:
            raise ValueError(
                f"has {len(value)} fields; a body can have at most {_MAX_FIELDS}, and all but "
                f"{', '.join(cls.model_fields)} are unknown"
            )
        return value


class Output(BaseModel):
    """A response body, read from the attributes of a domain object."""

    model_config = ConfigDict(from_attributes=True)


def _text(value: str) -> str:
    if not is_text(value):
        raise ValueError("must not contain control characters")
    return value


def _username(value: str) -> str:
    if not names.is_username(value):
        raise ValueError(
            "must have 2 to 63 characters of a-z, 0-9, '.', '_', and '-',"
            " and start with a letter or digit"
        )
    return value


def _namespace(value: str) -> str:
    if not names.is_namespace(value):
        raise ValueError(
            "must have 2 to 63 characters: groups of a-z and 0-9,"
            " separated by a single '.', '_', or '-'"
        )
    return value


def _repository(value: str) -> str:
    if names.split_repository(f"xx/{value}") is None:
        raise ValueError(
            "must be components of a-z and 0-9, separated by '/'; inside a component, '.', '_',"
            " '__', and dashes can separate letters and digits; the path with the namespace must"
            f" have at most {names.MAX_REPOSITORY_PATH} characters"
        )
    return value


def _password(value: SecretStr) -> SecretStr:
    password = value.get_secret_value()
    if not 8 <= len(password) <= 128:
        raise ValueError("must have 8 to 128 characters")
    _text(password)
    return value


def _future(value: datetime) -> datetime:
    if not datetime.now(UTC) < value < _MAX_TIME:
        raise ValueError("must be in the future and before the year 9999")
    return value


Name = Annotated[str, AfterValidator(_text), Field(min_length=1, max_length=100)]
"""The display name of an API key or access token."""
Future = Annotated[AwareDatetime, AfterValidator(_future), Field(examples=["2030-01-01T00:00:00Z"])]
"""A time in the future, with its time zone."""
Username = Annotated[
    str,
    AfterValidator(_username),
    Field(
        min_length=2,
        max_length=63,
        json_schema_extra={"pattern": names.USERNAME_PATTERN},
        examples=["ci-builder"],
    ),
]
NamespaceName = Annotated[
    str,
    AfterValidator(_namespace),
    Field(
        min_length=2,
        max_length=63,
        json_schema_extra={"pattern": names.NAMESPACE_PATTERN},
        examples=["team"],
    ),
]
RepositoryName = Annotated[
    str,
    AfterValidator(_repository),
    Field(
        min_length=1,
        max_length=252,
        json_schema_extra={"pattern": names.REPOSITORY_PATTERN},
        examples=["charts/web"],
    ),
]
Password = Annotated[
    SecretStr,
    AfterValidator(_password),
    Field(
        description="8 to 128 characters of any script, without control characters.",
        json_schema_extra={"minLength": 8, "maxLength": 128},
        examples=["correct horse battery"],
    ),
]
Description = Annotated[
    str,
    AfterValidator(_text),
    Field(
        max_length=MAX_DESCRIPTION,
        description="Free text on one line.",
        examples=["Images of the web team"],
    ),
]
OptionalText = AfterValidator(lambda value: value and _text(value))
"""Rejects control characters in an optional text."""
Search = Annotated[
    str | None,
    Query(max_length=100, description="Return only items that contain this text, in any case."),
    OptionalText,
]
"""A query parameter that searches names and descriptions."""
Filter = Annotated[str | None, Query(max_length=255), OptionalText]
"""A query parameter that selects items by an exact value."""
