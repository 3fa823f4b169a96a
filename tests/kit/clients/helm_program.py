"""Helm, which lints, renders, and installs the chart, and pushes charts as a client."""

from __future__ import annotations

from tests.kit.go import GoProgram

VERSION = "v3.22.0"
HELM = GoProgram(
    f"helm-{VERSION}", "helm", f"helm.sh/helm/v3/cmd/helm@{VERSION}", parallel=2, seconds=1800
)
