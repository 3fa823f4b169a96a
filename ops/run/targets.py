"""The addresses of the metrics of a run, for Prometheus (``file_sd_configs``)."""

import json

from ops.host.files import write_private
from ops.layout import SERVICES
from ops.run.programs import Installation

_PORTS = {**{service: service for service in SERVICES}, "gateway": "gateway-metrics"}
_REGISTRY = "registry-debug"


def write_targets(installation: Installation) -> None:
    """Write the file of targets. Each start chooses other ports, and Prometheus follows the file.

    The labels are those that the rules and the dashboard in deploy/monitoring expect.
    """
    ports = dict(_PORTS)
    if installation.settings.registry_metrics:
        ports["registry"] = _REGISTRY
    targets = [
        {
            "targets": [installation.ports[port].address],
            "labels": {"job": "moorage", "part": part},
        }
        for part, port in ports.items()
    ]
    write_private(
        installation.layout.metrics_targets, json.dumps(targets, indent=2), installation.user
    )
