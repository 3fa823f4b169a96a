"""Login attempts: how the throttle groups them, and which user names may be stored."""

import pytest

from services.auth.passwords.domain import Attempt


def attempt(*, username: str = "dev", client_address: str = "192.0.2.1") -> Attempt:
    return Attempt("docker_user", username, "a password", client_address)


@pytest.mark.parametrize(
    ("client_address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:201", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_source_is_the_ipv4_address_or_the_ipv6_network(client_address: str, source: str) -> None:
    assert attempt(client_address=client_address).source == source


@pytest.mark.parametrize(
    ("username", "loggable"), [("dev", "dev"), ("My Password 1", ""), ("", "")]
)
def test_only_a_valid_user_name_is_loggable(username: str, loggable: str) -> None:
    assert attempt(username=username).loggable_username == loggable
