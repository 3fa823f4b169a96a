"""Which writes a pause refuses."""

import base64
import json

import pytest

from services.auth.write_gate.domain import (
    ALL_WRITES_RETRY_SECONDS,
    NEW_UPLOADS_RETRY_SECONDS,
    Pause,
    issued_at,
    retry_after,
)

STARTED_AT, NOW, ENDS_AT = 1_000.0, 50.0, 60.0
UPLOADS = "/v2/team/app/blobs/uploads/"


def token(iat: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"iat": iat}).encode()).decode().rstrip("=")
    return f"Bearer e30.{payload}.signature"


def seconds(
    method: str = "POST",
    uri: str = UPLOADS,
    authorization: str = "",
    *,
    all_writes: bool = False,
    now: float = NOW,
) -> int | None:
    pause = Pause(all_writes, frozenset({"team/app"}), STARTED_AT, ENDS_AT)
    return retry_after(pause, method=method, uri=uri, authorization=authorization, now=now)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pause_of_all_writes_refuses_every_method_until_it_ends(method: str) -> None:
    assert seconds(method, all_writes=True) == ALL_WRITES_RETRY_SECONDS
    assert seconds(method, all_writes=True, now=ENDS_AT) is None


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_pause_of_new_uploads_allows_open_uploads(method: str) -> None:
    assert seconds(method, UPLOADS + "some-upload?_state=x") is None


def test_next_layer_of_an_active_push_is_allowed() -> None:
    assert seconds(authorization=token(STARTED_AT)) is None
    assert seconds(uri=UPLOADS + "?digest=x", authorization=token(STARTED_AT)) is None


@pytest.mark.parametrize(
    ("uri", "authorization"),
    [
        (UPLOADS, token(STARTED_AT + 1)),
        (UPLOADS, ""),
        ("/v2/team/other/blobs/uploads/", token(STARTED_AT)),
        ("/v2/team/app/elsewhere/", token(STARTED_AT)),
    ],
)
def test_new_upload_is_refused(uri: str, authorization: str) -> None:
    assert seconds(uri=uri, authorization=authorization) == NEW_UPLOADS_RETRY_SECONDS


@pytest.mark.parametrize("authorization", ["", "Bearer x", "a.b.c", token(None), token([])])
def test_unreadable_token_counts_as_issued_after_the_pause(authorization: str) -> None:
    assert issued_at(authorization) == float("inf")
