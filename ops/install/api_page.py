"""The files of the API page `/docs`.

Swagger UI comes from its Python package, so the page needs no network.
"""

import importlib.util
from pathlib import Path

from ops.errors import OpsError
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.layout import PROJECT

_PAGE = PROJECT / "deploy" / "gateway" / "docs"
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")


def publish_api_page(folder: Path, user: RunUser) -> Path:
    """Copy the files of the page to `folder`, owned by `user`, and return `folder`.

    Raises:
        OpsError: The package of Swagger UI is missing.
    """
    spec = importlib.util.find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise OpsError(
            "the package fastapi-offline is missing: run `make run` or install requirements.lock"
        )
    swagger = Path(spec.origin).parent / "static"
    private_dir(folder, user)
    for source in (*sorted(_PAGE.iterdir()), *(swagger / name for name in _SWAGGER)):
        write_private(folder / source.name, source.read_bytes(), user)
    return folder
