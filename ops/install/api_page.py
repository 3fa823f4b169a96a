"""The files of the API page `/docs`: our page, and Swagger UI from its package, so that it needs no network."""

import importlib.util
from pathlib import Path

from ops.errors import OpsError
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.layout import PROJECT

_PAGE = PROJECT / "deploy" / "gateway" / "docs"
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")


def publish_api_page(folder: Path, user: RunUser) -> Path:
    """Put the page's files into `folder`, for `user` to serve, and return it."""
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
