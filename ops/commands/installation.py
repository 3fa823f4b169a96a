"""The installation that a command works on, as the environment names it."""

from ops.errors import OpsError
from ops.layout import Layout


def current_layout() -> Layout:
    """Return the layout of MOORAGE_DATA.

    Raises:
        SettingError: A setting is wrong.
    """
    from ops.settings import load_run_settings

    return Layout(load_run_settings().data)


def owner_url(layout: Layout) -> str:
    """Return the URL of the database, as the role that owns the schemas.

    Raises:
        OpsError: The installation has no secrets yet.
    """
    try:
        return layout.owner_url.read_text().strip()
    except FileNotFoundError:
        raise OpsError(
            f"{layout.owner_url} is missing: run `moorage init` or `moorage run` first"
        ) from None
