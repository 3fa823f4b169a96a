"""Private files and folders."""

import os
import stat
from pathlib import Path

from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser

USER = RunUser(os.geteuid(), os.getegid())


def test_a_private_folder_is_closed_to_others_even_if_it_existed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    for folder in (tmp_path / "open", tmp_path / "parent" / "new"):
        assert private_dir(folder, USER) == folder
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    write_private(file, "old", USER)
    with file.open() as reader:
        write_private(file, b"new", USER)
        assert reader.read() == "old"
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
