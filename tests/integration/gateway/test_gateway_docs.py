"""The API page consists of local files, under a strict content security policy."""

import re

from tests.kit.servers.gateway import Gateway


def test_api_page_loads_nothing_from_another_host(gateway: Gateway) -> None:
    status, headers, body = gateway.get_raw("/docs")
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    sources = re.findall(r'(?:src|href)="([^"]+)"', body.decode())
    assert {source for source in sources if source.startswith(("http", "//"))} == set()


def test_scripts_and_styles_of_the_api_page_are_served(gateway: Gateway) -> None:
    for name, kind in (
        ("docs.js", "application/javascript"),
        ("swagger-ui-bundle.js", "application/javascript"),
        ("swagger-ui.css", "text/css"),
    ):
        status, headers, _ = gateway.get_raw(f"/docs/{name}")
        assert (status, headers["content-type"]) == (200, kind)


def test_no_other_file_of_the_disk_is_served(gateway: Gateway) -> None:
    for path in (
        "/docs/../nginx.conf",
        "/docs/%2e%2e/nginx.conf",
        "/docs..%2fnginx.conf",
        "/docs../nginx.conf",
        "/docs/nothing.js",
    ):
        assert gateway.get_raw(path)[0] in (403, 404, 400), path
    assert gateway.get_raw("/docs/")[0] == 308
