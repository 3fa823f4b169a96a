"""The environment of Distribution: one for `moorage run` and Compose."""

import yaml  # type: ignore[import-untyped]

from ops.host.environment import REGISTRY_ENVIRONMENT
from ops.layout import PROJECT


def test_compose_runs_the_registry_with_the_environment_of_moorage_run() -> None:
    compose = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())
    # The settings of the storage restart the container. SSL_CERT_FILE is the CA of S3.
    storage = {*compose["x-storage-settings"], "SSL_CERT_FILE"}
    environment = compose["services"]["registry"]["environment"]
    own = {name: value for name, value in environment.items() if name not in storage}
    assert own == REGISTRY_ENVIRONMENT
    assert storage <= environment.keys()
