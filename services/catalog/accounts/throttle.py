"""Wrong current passwords are limited per account, so that a stolen session cannot guess the password that it came from."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from libs.common.web.errors import TooManyRequests


class PasswordThrottled(TooManyRequests):
    """Too many wrong current passwords of this account."""

    code, title = "password_throttled", "Too many wrong passwords; try again later"


class WrongPasswords:
    """The wrong passwords of the last ``window_seconds`` by account: in memory, for this process alone.

    An attempt counts from its beginning, so that parallel guesses cannot slip through; one that was right is forgotten.
    """

    def __init__(
        self,
        *,
        limit: int = 10,
        window_seconds: float = 300,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window = window_seconds
        self._clock = clock
        self._attempts: OrderedDict[int, deque[float]] = OrderedDict()

    def begin(self, account_id: int) -> None:
        """Note an attempt. Raises PasswordThrottled when the account has had too many."""
        now = self._clock()
        self._forget_old(now)
        attempts = self._attempts.get(account_id, deque[float]())
        while attempts and attempts[0] <= now - self._window:
            attempts.popleft()
        if len(attempts) >= self._limit:
            raise PasswordThrottled(retry_after=int(attempts[0] + self._window - now) + 1)
        attempts.append(now)
        self._attempts[account_id] = attempts
        self._attempts.move_to_end(account_id)

    def right(self, account_id: int) -> None:
        """The password was right: the account's attempts are forgotten."""
        self._attempts.pop(account_id, None)

    def _forget_old(self, now: float) -> None:
        # The account that tried longest ago comes first.
        while self._attempts and next(iter(self._attempts.values()))[-1] <= now - self._window:
            self._attempts.popitem(last=False)
