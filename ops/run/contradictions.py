"""Settings that are right by themselves, but not together, and names that no program reads."""

import difflib
import importlib
from collections.abc import Iterable, Mapping

from ops.errors import SettingError
from ops.host.environment import longest_token_seconds
from ops.layout import SERVICES
from ops.settings import COMPOSE_ONLY, variables

RESERVATION_MARGIN_SECONDS = 60
"""The registry accepts a token for this long after its end, because clocks differ."""
_RESERVATION = "CATALOG_NAME_RESERVATION_SECONDS"
_PREFIXES = ("MOORAGE_", *(f"{service.upper()}_" for service in SERVICES))
_SIMILAR = 0.85
_FROM_AUTH = {
    "CATALOG_REGISTRY_SERVICE": "AUTH_SERVICE",
    "EVENTS_REGISTRY_SERVICE": "AUTH_SERVICE",
    "CATALOG_ISSUER": "AUTH_ISSUER",
    "EVENTS_ISSUER": "AUTH_ISSUER",
}
_FROM_RUN = (
    "AUTH_DATABASE_FOLDER",
    "AUTH_IMAGES_FOLDER",
    "CATALOG_DATABASE_FOLDER",
    "CATALOG_REGISTRY_URL",
    "CATALOG_STORAGE_PATH",
    "EVENTS_REGISTRY_URL",
)


def shortest_reservation(environment: Mapping[str, str]) -> int:
    """Return the seconds for which a deleted name must stay reserved at least."""
    return longest_token_seconds(environment) + RESERVATION_MARGIN_SECONDS


def check_name_reservation(environment: Mapping[str, str]) -> None:
    """Reject a reservation of names that ends before the last token for the name.

    A token for a deleted repository would be valid for a new one of the same name.

    Raises:
        SettingError: The reservation is too short.
    """
    given, shortest = environment.get(_RESERVATION, ""), shortest_reservation(environment)
    if given.isdecimal() and int(given) < shortest:
        raise SettingError(
            _RESERVATION,
            f"{given} s is shorter than the longest lifetime of a token and"
            f" {RESERVATION_MARGIN_SECONDS} s; set at least {shortest}, or remove it",
        )


def check_set_by_run(environment: Mapping[str, str]) -> None:
    """Reject settings that `make run` computes itself, so that no given value is ignored.

    Raises:
        SettingError: The environment has such a setting.
    """
    for name, source in _FROM_AUTH.items():
        if environment.get(name) and environment[name] != environment.get(source):
            raise SettingError(name, f"`make run` uses {source} for all services; set that instead")
    for name in _FROM_RUN:
        if environment.get(name):
            raise SettingError(name, "`make run` sets this itself; remove it")


def check_file_names(names: Iterable[str]) -> None:
    """Reject names in the file of settings that no part reads, and misspelled ones.

    The environment of a process also has variables of other programs. This file does not.

    Raises:
        SettingError: There is no such setting.
    """
    known = _known()
    for name in sorted(set(names) - known):
        near = difflib.get_close_matches(name, known, n=1, cutoff=_SIMILAR)
        if near or name.startswith(_PREFIXES):
            raise SettingError(
                name, "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
            )


def _known() -> set[str]:
    known = {*variables().values(), *COMPOSE_ONLY}
    for service in SERVICES:
        model = importlib.import_module(f"services.{service}.settings").Settings
        known |= {
            str(field.validation_alias or f"{service}_{name}").upper()
            for name, field in model.model_fields.items()
        }
    return known
