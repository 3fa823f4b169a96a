"""One run per data folder, and one per port."""

import socket
from pathlib import Path

import pytest

from ops.errors import SettingError
from ops.host.lock import AlreadyRuns, check_port, only_run
from ops.layout import Layout


def lock_twice(layout: Layout) -> None:
    with only_run(layout), only_run(layout):
        pytest.fail("two runs at once")


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with pytest.raises(AlreadyRuns, match="MOORAGE_DATA: another moorage already runs on"):
        lock_twice(layout)
    with only_run(layout):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_the_error_names_a_port_that_is_in_use(address: str) -> None:
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"MOORAGE_PORT: port {port} is in use"):
            check_port(port)
    check_port(port)
