"""Metrics of registry tokens (spec 13)."""

from prometheus_client.core import CounterMetricFamily

from libs.common.counters import LoopCounter
from services.auth.access_tokens.domain import PREFIX as ACCESS_TOKEN_PREFIX
from services.auth.registry_tokens.request import PasswordProof, RefreshProof

_ANONYMOUS, _PASSWORD, _ACCESS_TOKEN, _REFRESH_TOKEN = (
    (proof,) for proof in ("anonymous", "password", "access_token", "refresh_token")
)
_issued = LoopCounter(
    CounterMetricFamily(
        "moorage_auth_tokens_issued_total",
        "Registry tokens that were issued, by what the client proved itself with",
        labels=["proof"],
    ),
    known=(_ANONYMOUS, _PASSWORD, _ACCESS_TOKEN, _REFRESH_TOKEN),
)
_refused = LoopCounter(
    CounterMetricFamily(
        "moorage_auth_tokens_refused_total",
        "Token requests that were refused, by the code of the error",
        labels=["reason"],
    ),
)


def count_issued(proof: PasswordProof | RefreshProof | None) -> None:
    """Count a token that was issued for ``proof``; None is an anonymous client."""
    if isinstance(proof, PasswordProof):
        is_token = proof.password.startswith(ACCESS_TOKEN_PREFIX)
        _issued.counts[_ACCESS_TOKEN if is_token else _PASSWORD] += 1
    else:
        _issued.counts[_ANONYMOUS if proof is None else _REFRESH_TOKEN] += 1


def count_refused(code: str) -> None:
    """Count a refused request by the code of its error."""
    _refused.counts[code,] += 1
