"""One run per data folder, one per port."""

import socket
from pathlib import Path

import pytest

from ops.errors import OpsError, SettingError
from ops.host.lock import check_port, only_run
from ops.layout import Layout


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (
        only_run(Layout(tmp_path)),
        pytest.raises(OpsError, match="MOORAGE_DATA: another moorage already runs on"),
    ):  # noqa: SIM117
        with only_run(Layout(tmp_path)):
            pytest.fail("two runs at once")
    with only_run(Layout(tmp_path)):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_named(address: str) -> None:
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"MOORAGE_PORT: port {port} is in use"):
            check_port(port)
    check_port(port)
