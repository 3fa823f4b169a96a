"""The installation that a command works on."""

import os
from pathlib import Path

from ops.errors import OpsError, SettingError
from ops.layout import PROJECT, Layout

ENV_FILE = PROJECT / ".env"
"""The settings of `make run`."""
DEFAULT_DATA = PROJECT / ".moorage"
"""The data of `make run` if no setting names another folder."""


def current_layout() -> Layout:
    """Return the layout of the installation that the environment names or that runs here.

    Without MOORAGE_DATA, it is the installation that this project's `moorage run` runs. If none
    runs, it is that of the project's `.env`, of the current folder, or of the project's folder.

    The settings of `.env` are set in the environment, as for `make run`.

    Raises:
        OpsError: A line of `.env` cannot be read.
        SettingError: A setting is wrong, or several installations run.
    """
    from ops.settings import load_run_settings

    use_project_env_file()
    named = load_run_settings().data
    if os.environ.get("MOORAGE_DATA"):
        return Layout(named)
    return Layout(_running_data() or _data_of_env_file() or _default_data(named))


def _running_data() -> Path | None:
    from ops.host.running import running_data_folders

    found = running_data_folders()
    if len(found) > 1:
        raise SettingError(
            "MOORAGE_DATA",
            f"several installations run: {', '.join(map(str, found))};"
            " set it to the one that you mean",
        )
    return found[0] if found else None


def read_project_env_file() -> dict[str, str]:
    """Return the variables of the project's `.env`, which `make run` reads.

    Raises:
        OpsError: A line cannot be read.
    """
    from ops.run.env_file import read_env_file

    return read_env_file(ENV_FILE) if ENV_FILE.is_file() else {}


def use_project_env_file() -> None:
    """Set the variables of the project's `.env` that the environment does not have.

    So a command works with the settings of `make run` before its first start, too.
    ``current_layout`` reads MOORAGE_DATA itself.

    Raises:
        OpsError: A line cannot be read.
    """
    for name, value in read_project_env_file().items():
        if name != "MOORAGE_DATA":
            os.environ.setdefault(name, value)


def _data_of_env_file() -> Path | None:
    given = read_project_env_file().get("MOORAGE_DATA")
    # `make run` reads the path in the project's folder.
    return ENV_FILE.parent / Path(given).expanduser() if given else None


def _default_data(in_current_folder: Path) -> Path:
    return in_current_folder if in_current_folder.is_dir() else DEFAULT_DATA


def accounts_url(layout: Layout) -> str:
    """Return the URL of the database, as a role that can change accounts.

    It is the role that owns the schemas, or, in the catalog's container, that of the catalog.

    Raises:
        OpsError: The installation has no secrets yet, or a setting is wrong.
    """
    if layout.owner_url.is_file() or "SECRETS_DIR" not in os.environ:
        return owner_url(layout)
    from ops.maintenance.catalog_settings import catalog_settings

    return catalog_settings(layout).database_url.get_secret_value()


def owner_url(layout: Layout) -> str:
    """Return the URL of the database, as the role that owns the schemas.

    Raises:
        OpsError: The installation has no secrets yet.
    """
    try:
        return layout.owner_url.read_text().strip()
    except FileNotFoundError:
        raise OpsError(
            f"MOORAGE_DATA: {layout.root} has no installation: start it first, or set this variable"
            " to its data folder"
        ) from None
