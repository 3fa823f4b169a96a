"""Writes the OpenAPI documents of the services to docs/openapi.

Reviews, client generators, and the console's types use these files.
"""

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

from ops.layout import PROJECT, SERVICES
from ops.secrets.keys import (
    new_authority,
    new_session_key,
    new_token_key,
    public_pem,
)

FOLDER = PROJECT / "docs" / "openapi"


def document_of(service: str) -> dict[str, Any]:
    """Return the document that `service` serves, without a connection to anything."""
    with tempfile.TemporaryDirectory() as folder:
        secrets = Path(folder)
        _write_keys(secrets)
        settings = importlib.import_module(f"services.{service}.settings").Settings
        values = {
            f"{service}_database_url": "postgresql://nobody@localhost/none",
            "events_webhook_secret": "x" * 32,
        }
        for name, value in values.items():
            (secrets / name).write_text(value)
        app = importlib.import_module(f"services.{service}.app").create_app(
            settings(
                _secrets_dir=secrets, SECRETS_DIR=secrets, registry_url="http://registry.invalid"
            )
        )
        document: dict[str, Any] = app.openapi()
        return document


def _write_keys(secrets: Path) -> None:
    session, authority = new_session_key(), new_authority()
    (secrets / "token_ca.pem").write_bytes(authority.certificate)
    for name, pem in (
        ("token-keys", new_token_key(authority, "openapi")),
        ("session-keys", session),
        ("session-public-keys", public_pem(session)),
    ):
        (secrets / name).mkdir()
        (secrets / name / "key.pem").write_bytes(pem)


def text_of(service: str) -> str:
    """Return the text of the file of `service`."""
    return json.dumps(document_of(service), indent=1, ensure_ascii=False) + "\n"


def write_documents() -> list[Path]:
    """Write the three files and return their paths."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    paths = []
    for service in SERVICES:
        path = FOLDER / f"{service}.json"
        path.write_text(text_of(service))
        paths.append(path)
    return paths
