"""The environment of Distribution: one for `moorage run` and Compose."""

import yaml  # type: ignore[import-untyped]

from ops.host.environment import REGISTRY_ENVIRONMENT
from ops.layout import PROJECT


def test_compose_runs_the_registry_with_the_environment_of_moorage_run() -> None:
    compose = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())
    assert compose["services"]["registry"]["environment"] == REGISTRY_ENVIRONMENT
