"""Reads the names of the project, and the rules about their words in vocabulary.txt."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORDS = Path(__file__).with_name("vocabulary.txt")
METRIC_CLASSES = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
METRIC_FAMILIES = {"CounterMetricFamily", "GaugeMetricFamily", "HistogramMetricFamily"}

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NOT_CODE = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`"""
    r"""| (?<=>)[^<>{}();=]+(?=[<{])""",  # the last one is text between JSX tags
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of vocabulary.txt."""

    forbidden: re.Pattern[str]
    instead: str
    exceptions: re.Pattern[str] | None

    def find(self, name: str) -> str | None:
        """Return the forbidden word in ``name``, or None."""
        words = split(name)
        if self.exceptions is not None:
            words = self.exceptions.sub("_", words)
        found = self.forbidden.search(words)
        return found[0].strip("_") if found else None


def split(name: str) -> str:
    """Return ``name`` in snake case with an underscore at both ends."""
    return f"_{'_'.join(_PARTS.findall(name)).lower()}_"


def read_rules() -> list[Rule]:
    """Return the rules of vocabulary.txt."""
    rules = []
    for line in WORDS.read_text().splitlines():
        if line and not line.startswith("#"):
            words, instead, exceptions = (part.strip() for part in line.split("|"))
            allowed = _pattern(exceptions) if exceptions else None
            rules.append(Rule(_pattern(words), instead, allowed))
    return rules


def _pattern(words: str) -> re.Pattern[str]:
    alternatives = (
        re.sub(r"^=(.*)", r"(?<=^_)\1(?=_$)", word.strip()) for word in words.split(",")
    )
    return re.compile(f"_(?:{'|'.join(alternatives)})(?=_)")


def python_identifiers(path: Path) -> Iterator[str]:
    """Yield each name that the file defines, binds, or uses as an attribute or keyword."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.arg(arg=name)
                | ast.keyword(arg=str(name))
                | ast.alias(asname=str(name))
                | ast.alias(name=name)
                | ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
            ):
                yield name


def metric_names(path: Path) -> Iterator[str]:
    """Yield the names and labels of the Prometheus metrics that the file declares."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in METRIC_CLASSES | METRIC_FAMILIES:
            for argument in ast.walk(node):
                value = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]*", value):
                    yield value


def typescript_identifiers(path: Path) -> set[str]:
    """Return the names in the file, without strings, comments, and text between tags."""
    return set(re.findall(r"[A-Za-z_$][\w$]*", _NOT_CODE.sub(" ", path.read_text())))


def openapi_names(path: Path) -> Iterator[str]:
    """Yield the names of paths, parameters, operations, schemas, and fields of a document."""
    document = json.loads(path.read_text())
    yield from document["paths"]
    yield from document["components"]["schemas"]
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
            if isinstance(value.get("properties"), dict):
                yield from value["properties"]
            if "in" in value and isinstance(value.get("name"), str):
                yield value["name"]
            if isinstance(value.get("operationId"), str):
                yield value["operationId"]
