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
    try:
        written: dict[str, str] = json.loads(layout.catalog_environment.read_text())
    except FileNotFoundError:
        written = {}
    for name, value in written.items():
        os.environ.setdefault(name, value)
    if "SECRETS_DIR" not in os.environ:
        raise OpsError("Moorage does not run on this data folder (MOORAGE_DATA): start it first")
    try:
        return load_settings()
    except SettingsError as error:
        raise OpsError(str(error)) from None
