"""Renders the configuration of the gateway and the registry.

`make run` and containers use the same template.
"""

import jinja2

from ops.errors import OpsError
from ops.layout import PROJECT

TEMPLATES = PROJECT / "deploy"
GATEWAY = "gateway/nginx.conf.j2"
REGISTRY = "registry/config.yml.j2"

Value = object


def render(template: str, **variables: Value) -> str:
    """Return `template` (below deploy/) with the values of `variables`, which its head lists.

    Raises:
        OpsError: The template or one of its variables is missing.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is nginx configuration and YAML, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        return environment.get_template(template).render(**variables)
    except jinja2.UndefinedError as error:
        raise OpsError(f"deploy/{template}: {error.message}") from None
    except jinja2.TemplateNotFound:
        raise OpsError(f"deploy/{template} is missing") from None
