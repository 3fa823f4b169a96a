"""Whether the catalog reaches the registry (spec 13)."""

from functools import partial

from prometheus_client import Gauge

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.tasks.background import Work, every

_SECONDS = 5.0
_is_up = Gauge(
    "moorage_catalog_registry_up", "1 if the registry answered the last check of this process"
)


def watching(registry: Registry) -> Work:
    """Return the work that checks the registry again and again."""
    return every(_SECONDS, partial(_measure, registry))


async def _measure(registry: Registry) -> None:
    try:
        await registry.check()
    except RegistryUnavailable:
        _is_up.set(0)
    else:
        _is_up.set(1)
