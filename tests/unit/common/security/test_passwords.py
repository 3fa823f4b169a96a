"""Hashing takes the processor only where nothing else wants it more."""

import os
import sys
import threading

import pytest

from libs.common.security.passwords import NICENESS, PasswordHasher


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
async def test_the_thread_that_hashes_has_a_lower_priority_than_the_one_that_answers() -> None:
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
