"""The settings of the catalog, for commands that do its work in a process of their own."""

import json
import os

from libs.common.settings import SettingsError
from ops.errors import OpsError
from ops.layout import Layout
from services.catalog.settings import Settings, load_settings


def catalog_settings(layout: Layout) -> Settings:
    """Return the settings that the running catalog has.

    `moorage run` writes them to a file of the data folder. In a container they are in the
    environment, which overrides the file.

    Raises:
        OpsError: Moorage does not run on the data folder, or a setting is wrong.
    """
    set_written_variables(layout)
    if "SECRETS_DIR" not in os.environ:
        raise OpsError("Moorage does not run on this data folder (MOORAGE_DATA): start it first")
    try:
        return load_settings()
    except SettingsError as error:
        raise OpsError(str(error)) from None


def set_written_variables(layout: Layout) -> None:
    """Set the variables that `moorage run` has written, unless the environment has them."""
    try:
        written: dict[str, str] = json.loads(layout.catalog_environment.read_text())
    except FileNotFoundError:
        return
    for name, value in written.items():
        # `moorage run` has read the files of secrets.
        if not os.environ.get(f"{name}_FILE"):
            os.environ.setdefault(name, value)
