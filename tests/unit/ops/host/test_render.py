"""Rendering of configuration."""

import pytest

from ops.errors import OpsError
from ops.host.render import GATEWAY, render


def test_the_error_names_a_variable_that_is_missing() -> None:
    with pytest.raises(OpsError, match=r"^deploy/gateway/nginx.conf.j2: '\w+' is undefined$"):
        render(GATEWAY)


def test_the_error_names_a_template_that_is_missing() -> None:
    with pytest.raises(OpsError, match=r"^deploy/absent.j2 is missing$"):
        render("absent.j2")
