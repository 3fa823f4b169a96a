"""Password hashing: its priority, and the passwords that it accepts."""

import os
import sys
import threading

import pytest

from libs.common.security.passwords import NICENESS, PasswordHasher, hash_password


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a nice value per thread")
async def test_the_hashing_thread_has_a_lower_priority_than_the_event_loop() -> None:
    before = set(threading.enumerate())
    hasher = PasswordHasher()
    try:
        hashed = await hasher.hash("a password")
        (thread,) = set(threading.enumerate()) - before
        assert thread.native_id is not None
        own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        assert os.getpriority(os.PRIO_PROCESS, thread.native_id) == min(19, own + NICENESS)
        assert await hasher.verify("a password", hashed)
    finally:
        hasher.close()


async def test_a_password_matches_in_every_unicode_composition() -> None:
    hasher = PasswordHasher()
    try:
        hashed = await hasher.hash("caf\u00e9 au lait")
        assert await hasher.verify("cafe\u0301 au lait", hashed)
        assert not await hasher.verify("cafe au lait", hashed)
    finally:
        hasher.close()


async def test_an_unknown_user_and_an_overlong_password_never_match() -> None:
    hasher = PasswordHasher()
    try:
        assert not await hasher.verify("no user has this password", None)
        assert not await hasher.verify("\u0301" * 100_000, hash_password("a password"))
    finally:
        hasher.close()
