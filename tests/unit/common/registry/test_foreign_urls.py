"""Which addresses may stand in `urls`."""

import pytest

from libs.common.registry.foreign_urls import (
    DEFAULT_FOREIGN_LAYER_URLS,
    ForeignPrefix,
    is_allowed,
)

PREFIXES = [
    *map(ForeignPrefix.parse, DEFAULT_FOREIGN_LAYER_URLS),
    ForeignPrefix.parse("https://Layers.example:8443/windows/"),
]


@pytest.mark.parametrize(
    "url",
    [
        "https://mcr.microsoft.com/v2/windows/nanoserver/blobs/sha256:" + "a" * 64,
        "https://MCR.microsoft.com/v2/x",
        "https://go.microsoft.com/fwlink/?linkid=860052",
        "https://layers.example:8443/windows/base..old/1.tar?sig=a%2Fb",
    ],
)
def test_address_under_a_prefix_is_allowed(url: str) -> None:
    assert is_allowed(url, PREFIXES)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://mcr.microsoft.com/x",
        "HTTPS://mcr.microsoft.com/x",
        "ftp://mcr.microsoft.com/x",
        "//mcr.microsoft.com/x",
        "https:mcr.microsoft.com/x",
        "https:///mcr.microsoft.com/x",
        "https://mcr.microsoft.com",
        "https://mcr.microsoft.com:443/x",
        "https://mcr.microsoft.com:8443/x",
        "https://mcr.microsoft.com./x",
        "https://mcr.microsoft.com.evil.example/x",
        "https://evil.example/https://mcr.microsoft.com/x",
        "https://user@mcr.microsoft.com/x",
        "https://mcr.microsoft.com@evil.example/x",
        "https://mcr.microsoft.com\\@evil.example/x",
        "https://mcr.microsoft.com\\x/y",
        "https://mcr.microsoft.com/x#fragment",
        "https://mcr.microsoft.com/a/../b",
        "https://mcr.microsoft.com/..",
        "https://mcr.microsoft.com/a/%2e%2e/b",
        "https://mcr.microsoft.com/a%2fb",
        "https://mcr.microsoft.com/ x",
        " https://mcr.microsoft.com/x",
        "https://mcr.microsoft.com/x\n",
        "https://mcr.microsoft.com/x\0",
        "https://mcr.microsoft.com/é",
        "https://\u217fcr.microsoft.com/x",
        "https://mcr.microsoft.com/" + "a" * 2048,
        "https://go.microsoft.com/other/",
        "https://go.microsoft.com/fwlink",
        "https://go.microsoft.com/fwlinks/x",
        "https://go.microsoft.com/fwlink/../other",
        "https://go.microsoft.com/fwlink/./../other",
        "https://go.microsoft.com/FWLINK/x",
        "https://layers.example/windows/x",
        "https://layers.example:8443/windows.tar",
        "https://layers.example:08443/windows/x",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    assert not is_allowed(url, PREFIXES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mcr.microsoft.com",
        "http://mcr.microsoft.com/",
        "https://mcr.microsoft.com",
        "https://mcr.microsoft.com/v2",
        "https://mcr.microsoft.com/?a=/",
        "https://u@mcr.microsoft.com/",
        "https://mcr.microsoft.com/../",
    ],
)
def test_prefix_that_is_not_an_https_folder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be https://host/path/"):
        ForeignPrefix.parse(text)
