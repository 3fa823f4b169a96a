"""An nginx before a server, which logs the bytes of each response."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.install.debian import find_nginx
from tests.kit.install import toolbox
from tests.kit.servers.program import running_server

_CONFIGURATION = """
daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log FOLDER/error.log warn;
events { worker_connections 512; }
http {
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  merge_slashes off;
  log_format json escape=json '{"method":"$request_method","path":"$uri","status":$status,'
    '"bytes":$body_bytes_sent,"range":"$http_range","authorization":"$http_authorization",'
    '"cookie":"$http_cookie","user_agent":"$http_user_agent"}';
  access_log FOLDER/access.log json;
  server {
    listen ADDRESS;
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    location / { proxy_pass TARGET; }
    location = /proxy-works { return 204; }
  }
}
"""


@dataclass(frozen=True, slots=True)
class CountingProxy:
    """A running proxy."""

    url: str
    log: Path

    def requests(self, *, method: str, ending: str) -> list[dict[str, Any]]:
        """Return the answered requests whose path has this ending."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = [json.loads(line) for line in lines]
        return [one for one in found if one["method"] == method and one["path"].endswith(ending)]


@contextmanager
def running_counting_proxy(target: str, folder: Path) -> Iterator[CountingProxy]:
    """Run the proxy before ``target``, a URL without a path, until the context ends."""
    folder.mkdir(parents=True)
    nginx = find_nginx(toolbox().root)
    with reserve() as port:
        address = port.address
    text = _CONFIGURATION.replace("FOLDER", str(folder)).replace("ADDRESS", address)
    config = folder / "nginx.conf"
    config.write_text(
        text.replace("TARGET", f"{urlsplit(target).scheme}://{urlsplit(target).netloc}")
    )
    user = RunUser(os.getuid(), os.getgid())
    command: list[str | Path] = [nginx.path, "-e", folder / "error.log", "-c", config]
    with running_server(
        user, command, folder / "out.log", f"http://{address}/proxy-works", dict(nginx.environment)
    ):
        yield CountingProxy(f"http://{address}", folder / "access.log")
