"""The objects that Helm renders from the chart and each of its examples."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.kit.clients.helm_program import HELM
from tests.kit.install import PROJECT, toolbox
from tests.kit.process import Finished, run

CHART = PROJECT / "deploy" / "helm" / "moorage"
EXAMPLES = ("small", "standard", "public")
KUBERNETES = "1.34.0"

Object = dict[str, Any]
Helm = Callable[..., Finished]
Render = Callable[..., list[Object]]


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Run helm with the arguments. Go builds it, so without Go these tests are skipped."""
    program = HELM.path(toolbox().root)
    if not program.is_file():
        pytest.skip("there is no helm: it is built with Go, and there is no Go")

    def run_helm(*words: str | Path) -> Finished:
        return run([program, *words], environment={"PATH": os.defpath, "HOME": "/nonexistent"})

    return run_helm


@pytest.fixture(scope="session")
def render(helm: Helm) -> Render:
    """Return the objects that `helm template` renders with these options. Do not change them."""

    @functools.cache
    def rendered(*options: str | Path, example: str | None = None) -> list[Object]:
        values = () if example is None else ("--values", CHART / "examples" / f"{example}.yaml")
        done = helm(
            *("template", "hub", CHART, "--namespace", "images"),
            *("--kube-version", KUBERNETES, *values, *options),
        ).checked()
        return [found for found in yaml.safe_load_all(done.stdout) if found]

    return rendered


@pytest.fixture(scope="session", params=EXAMPLES)
def objects(request: pytest.FixtureRequest, render: Render) -> list[Object]:
    """The objects of an example."""
    return render(example=request.param)


@pytest.fixture(scope="session")
def workloads(objects: list[Object]) -> dict[str, Object]:
    """The pods of an example by the name of their object: of Deployments, the Job, and the test."""
    pods = {}
    for found in objects:
        if found["kind"] in ("Deployment", "Job"):
            pods[found["metadata"]["name"]] = found["spec"]["template"]
        elif found["kind"] == "Pod":
            pods[found["metadata"]["name"]] = found
    return pods


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Return the objects of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}
