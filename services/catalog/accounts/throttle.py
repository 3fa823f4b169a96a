"""Limits wrong current passwords per account: a stolen session must not guess its password."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from services.catalog.accounts.domain import PasswordThrottled


class WrongPasswords:
    """Counts the attempts of the last ``window_seconds`` by account, in the memory of this process.

    An attempt counts from its start, so that parallel guesses cannot pass the limit. A right
    password clears the account's attempts.
    """

    def __init__(
        self,
        *,
        limit: int = 10,
        window_seconds: float = 300,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window_seconds = window_seconds
        self._clock = clock
        self._attempts: OrderedDict[int, deque[float]] = OrderedDict()

    def begin(self, account_id: int) -> None:
        """Count an attempt.

        Raises:
            PasswordThrottled: the account is at its limit. ``Retry-After`` has the seconds to wait.
        """
        now = self._clock()
        self._drop_expired_accounts(now)
        attempts = self._attempts.get(account_id, deque[float]())
        while attempts and attempts[0] <= now - self._window_seconds:
            attempts.popleft()
        if len(attempts) >= self._limit:
            raise PasswordThrottled(retry_after=int(attempts[0] + self._window_seconds - now) + 1)
        attempts.append(now)
        self._attempts[account_id] = attempts
        self._attempts.move_to_end(account_id)

    def succeed(self, account_id: int) -> None:
        """Clear the attempts of an account whose password was right."""
        self._attempts.pop(account_id, None)

    def _drop_expired_accounts(self, now: float) -> None:
        # The accounts are in the order of their latest attempts, oldest first.
        expired = now - self._window_seconds
        while self._attempts and next(iter(self._attempts.values()))[-1] <= expired:
            self._attempts.popitem(last=False)
