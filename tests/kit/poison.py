"""Poisonous manifests and configs: content that a registry can store and that breaks parsers.

Each case is one image or index of one tenant. Some are refused by Distribution: which ones depends
on its version.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.kit.images import MEDIA_TYPES, Blob, make_image

_TYPES = MEDIA_TYPES["oci"]
_NUL = "\\u0000"
_SURROGATE = "\\ud800"
MAX_MANIFEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Poison:
    """A manifest with the blobs and the manifests that must be pushed before it.

    ``deleted`` are blobs to unlink after the push.
    """

    manifest: Blob
    blobs: tuple[Blob, ...] = ()
    children: tuple[Blob, ...] = ()
    deleted: tuple[Blob, ...] = ()


def _config(content: str | bytes) -> Poison:
    """Return a valid manifest whose config has this content."""
    raw = content if isinstance(content, bytes) else content.encode()
    config = Blob(_TYPES["config"], raw)
    layer = make_image().layers[0]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _TYPES["manifest"],
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        }
    )
    return Poison(Blob(_TYPES["manifest"], manifest.encode()), (config, layer))


def _config_with(members: str, *, inner: str = "") -> Poison:
    """Return a config of a Linux image with more members, and those in its ``config`` object."""
    unique = make_image().config.hex
    return _config(
        '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},'
        f'"unique":"{unique}","config":{{{inner}}}{"," + members if members else ""}}}'
    )


def _label(text: str) -> Poison:
    return _config_with("", inner=f'"Labels":{{"kept":"yes",{text}}}')


def _manifest(members: str = "", **replaced: str) -> Poison:
    """Return the manifest of a valid image with more members; ``replaced`` are raw JSON values."""
    image = make_image()
    given = {
        "schemaVersion": "2",
        "mediaType": json.dumps(_TYPES["manifest"]),
        "config": json.dumps(image.config.descriptor()),
        "layers": json.dumps([image.layers[0].descriptor()]),
        **replaced,
    }
    text = ",".join(f"{json.dumps(key)}:{value}" for key, value in given.items() if value)
    content = f"{{{text}{',' + members if members else ''}}}"
    return Poison(Blob(_TYPES["manifest"], content.encode()), image.blobs)


def _subject(digest: str) -> Poison:
    return _manifest(
        f'"subject":{{"mediaType":"{_TYPES["manifest"]}","size":1,"digest":"{digest}"}}'
    )


def _config_digest(digest: str) -> Poison:
    value = f'{{"mediaType":"{_TYPES["config"]}","size":2,"digest":"{digest}"}}'
    return _manifest(config=value)


def _config_type(media_type: str) -> Poison:
    image = make_image()
    value = (
        f'{{"mediaType":"{media_type}","size":{len(image.config.content)},'
        f'"digest":"{image.config.digest}"}}'
    )
    made = _manifest(config=value)
    return Poison(made.manifest, (*made.blobs, image.config))


def _layer(size: str, media_type: str = _TYPES["layer"], count: int = 1) -> Poison:
    layer = make_image().layers[0]
    value = f'{{"mediaType":"{media_type}","size":{size},"digest":"{layer.digest}"}}'
    made = _manifest(layers=f"[{','.join([value] * count)}]")
    return Poison(made.manifest, (*made.blobs, layer))


def _index(platforms: list[str], *, more: str = "") -> Poison:
    """Return an index that names one image once for each of ``platforms``, given as raw JSON."""
    image = make_image()
    child = (
        f'{{"mediaType":"{_TYPES["manifest"]}","size":{len(image.manifest.content)},'
        f'"digest":"{image.manifest.digest}","platform":'
    )
    text = ",".join(f"{child}{platform}}}" for platform in platforms)
    content = f'{{"schemaVersion":2,"mediaType":"{_TYPES["index"]}","manifests":[{text}]{more}}}'
    return Poison(Blob(_TYPES["index"], content.encode()), image.blobs, (image.manifest,))


def _nested_indexes() -> Poison:
    """Return an index of indexes whose platforms multiply: 700 times 700 times 700."""
    inner = _index(
        [f'{{"os":"linux","architecture":"amd64","variant":"v{n}"}}' for n in range(700)]
    )
    levels = [inner.manifest]
    for level in range(2):
        child = levels[-1].descriptor()
        children = [{**child, "annotations": {"n": f"{level}-{number}"}} for number in range(700)]
        content = {"schemaVersion": 2, "mediaType": _TYPES["index"], "manifests": children}
        levels.append(Blob(_TYPES["index"], json.dumps(content).encode()))
    return Poison(levels[-1], inner.blobs, (*inner.children, *levels[:-1]))


def _index_of_a_blob() -> Poison:
    layer = make_image().layers[0]
    content = {
        "schemaVersion": 2,
        "mediaType": _TYPES["index"],
        "manifests": [layer.descriptor()],
    }
    return Poison(Blob(_TYPES["index"], json.dumps(content).encode()), (layer,))


def _many_children(count: int) -> Poison:
    config, layer = make_image().blobs
    children = []
    for number in range(count):
        content = {
            "schemaVersion": 2,
            "mediaType": _TYPES["manifest"],
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
            "annotations": {"n": str(number)},
        }
        children.append(Blob(_TYPES["manifest"], json.dumps(content).encode()))
    index = {
        "schemaVersion": 2,
        "mediaType": _TYPES["index"],
        "manifests": [child.descriptor() for child in children],
    }
    return Poison(
        Blob(_TYPES["index"], json.dumps(index).encode()), (config, layer), tuple(children)
    )


def _missing_config() -> Poison:
    made = _label('"unique":"' + make_image().config.hex + '"')
    return Poison(made.manifest, made.blobs, deleted=(made.blobs[0],))


def _sha512_config() -> Poison:
    image = make_image()
    digest = "sha512:" + hashlib.sha512(image.config.content).hexdigest()
    made = _config_digest(digest)
    return Poison(made.manifest, (*made.blobs, image.config))


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


_HUGE = "1" + "0" * 400
_HUGER = "1" + "0" * 5000
_LONG = "x" * 1024 * 1024
_PLATFORM = '{"os":"linux","architecture":"amd64"}'

CASES: dict[str, Callable[[], Poison]] = {
    "NUL in a label": lambda: _label(f'"nul":"a{_NUL}b"'),
    "NUL in the key of a label": lambda: _label(f'"nul{_NUL}":"b"'),
    "lone surrogate in a label": lambda: _label(f'"half":"a{_SURROGATE}b"'),
    "lone surrogate in the key of a label": lambda: _label(f'"half{_SURROGATE}":"b"'),
    "control characters in a label": lambda: _label('"esc":"\\u001b[2J\\r\\n\\u202e<b>"'),
    "NUL in the entrypoint": lambda: _config_with("", inner=f'"Entrypoint":["a{_NUL}b"]'),
    "labels are a list": lambda: _config_with("", inner='"Labels":["a","b"]'),
    "labels are numbers": lambda: _label(f'"n":1,"huge":{_HUGE},"null":null,"list":[]'),
    "10,000 labels": lambda: _label(",".join(f'"k{n}":"{n}"' for n in range(10_000))),
    "labels of 1 MiB": lambda: _label(f'"a":"{_LONG}","{_LONG}":"b"'),
    "created in year 1 with an offset": lambda: _config_with(
        '"created":"0001-01-01T00:00:00+23:59"'
    ),
    "created in year 9999 with an offset": lambda: _config_with(
        '"created":"9999-12-31T23:59:59-23:59"'
    ),
    "created is a number": lambda: _config_with('"created":20260101'),
    "created is a huge number": lambda: _config_with(f'"created":{_HUGER}'),
    "dates and durations are numbers": lambda: _config_with(
        '"history":[{"created":1e999}]', inner='"Healthcheck":{"Interval":1e999,"Timeout":-1}'
    ),
    "100,000 entries of history": lambda: _config_with(
        '"history":[' + ",".join(['{"created_by":"x"}'] * 100_000) + "]"
    ),
    "NaN in the config": lambda: _config_with('"x":NaN,"y":Infinity'),
    "number of 5,000 digits in the config": lambda: _config_with(f'"x":{_HUGER}'),
    "config nested 100,000 deep": lambda: _config_with(f'"x":{_nested(100_000)}'),
    "config is a list": lambda: _config("[]"),
    "config is a number": lambda: _config("7"),
    "config is empty": lambda: _config(""),
    "config is not UTF-8": lambda: _config(b'{"os":"\xff\xfe","architecture":"amd64"}'),
    "config is UTF-16": lambda: _config('{"os":"linux","architecture":"amd64"}'.encode("utf-16")),
    "config of 4 MiB": lambda: _config_with(f'"x":"{"y" * (MAX_MANIFEST_BYTES - 300)}"'),
    "config of 5 MiB": lambda: _config_with(f'"x":"{"y" * 5 * 1024 * 1024}"'),
    "config of many small lists": lambda: _config_with(f'"x":[{"[]," * 1_300_000}[]]'),
    "wrong types in the config": lambda: _config(
        '{"os":7,"architecture":{"a":1},"variant":[],"config":[],"created":[]}'
    ),
    "platform of 1 MiB": lambda: _config(f'{{"os":"{_LONG}","architecture":"amd64"}}'),
    "NUL in the platform": lambda: _config(f'{{"os":"li{_NUL}nux","architecture":"amd64"}}'),
    "config repeats keys in other cases": lambda: _config(
        '{"os":"windows","OS":"linux","Architecture":"arm64","config":{"LABELS":{"a":"1"}}}'
    ),
    "config blob is missing": _missing_config,
    "sha512 digest of the config": _sha512_config,
    "invalid digest of the config": lambda: _config_digest("sha256:zz"),
    "upper-case digest of the config": lambda: _config_digest("sha256:" + "AB" * 32),
    "subject of 4,096 characters": lambda: _subject("sha256:" + secrets.token_hex(2048)),
    "invalid subject": lambda: _subject("sha256:zz"),
    "NUL in the subject": lambda: _subject(f"sha256:{_NUL}"),
    "NUL in an annotation": lambda: _manifest(f'"annotations":{{"a{_NUL}":"b{_NUL}"}}'),
    "lone surrogate in an annotation": lambda: _manifest(f'"annotations":{{"a":"{_SURROGATE}"}}'),
    "NUL in artifactType": lambda: _manifest(f'"artifactType":"a/b{_NUL}"'),
    "artifactType of 10 KB": lambda: _manifest(f'"artifactType":"a/{"b" * 10_000}"'),
    "NUL in the config's media type": lambda: _config_type(f"a/b{_NUL}"),
    "config's media type of 10 KB": lambda: _config_type("a/" + "b" * 10_000),
    "control characters in the config's media type": lambda: _config_type(
        "a/b\\r\\nX: y\\u001b[2J"
    ),
    "NUL in a layer's media type": lambda: _layer("7", f"a/b{_NUL}"),
    "layer's media type of 10 KB": lambda: _layer("7", "a/" + "b" * 10_000),
    "negative size": lambda: _layer("-1"),
    "sizes whose sum overflows": lambda: _layer("9223372036854775807", count=4),
    "size of 400 digits": lambda: _layer(_HUGE),
    "size is not finite": lambda: _layer("1e999"),
    "number of 5,000 digits in the manifest": lambda: _manifest(f'"x":{_HUGER}'),
    "manifest nested 9,000 deep": lambda: _manifest(f'"x":{_nested(9_000)}'),
    "manifest nested 100,000 deep": lambda: _manifest(f'"x":{_nested(100_000)}'),
    "manifest of many small lists, nested deeply": lambda: _manifest(
        f'"x":{_nested(2_000)},"y":[{"[]," * 1_300_000}[]]'
    ),
    "keys in upper case": lambda: _manifest(layers="", LAYERS="[]"),
    "repeated keys": lambda: _manifest('"layers":[],"config":{"size":7}'),
    "one layer 20,000 times": lambda: _layer("7", count=20_000),
    "NUL in the platform of a child": lambda: _index(
        [f'{{"os":"li{_NUL}nux","architecture":"amd64"}}']
    ),
    "platform of a child of 1 MiB": lambda: _index([f'{{"os":"{_LONG}","architecture":"amd64"}}']),
    "wrong types in the platform of a child": lambda: _index(['{"os":7,"architecture":[]}']),
    "one child 5,000 times": lambda: _index(
        [f'{{"os":"linux","architecture":"amd64","variant":"v{n}"}}' for n in range(5_000)]
    ),
    "platforms of nested indexes multiply": _nested_indexes,
    "child of an index is a blob": _index_of_a_blob,
    "index of 1,000 children": lambda: _many_children(1_000),
    "index with a config": lambda: _index(
        [_PLATFORM], more=f',"config":{{"mediaType":"{_TYPES["config"]}","digest":"sha256:zz"}}'
    ),
}
