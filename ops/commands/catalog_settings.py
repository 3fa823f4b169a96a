"""The catalog's settings for commands that do the catalog's work beside it."""

import json
import os

from libs.common.settings import SettingsError
from ops.errors import OpsError
from ops.layout import Layout
from services.catalog.settings import Settings, load_settings


def catalog_settings(layout: Layout) -> Settings:
    """Return them as the run that is going on gave them, or in a container as the environment holds them. Raises OpsError."""
    try:
        given: dict[str, str] = json.loads(layout.catalog_environment.read_text())
    except FileNotFoundError:
        given = {}
    for name, value in given.items():
        os.environ.setdefault(name, value)
    if "SECRETS_DIR" not in os.environ:
        raise OpsError("Moorage does not run on this data folder (MOORAGE_DATA): start it first")
    try:
        return load_settings()
    except SettingsError as error:
        raise OpsError(str(error)) from None
