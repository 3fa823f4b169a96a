"""Plain Distribution with a token service behind nginx, to compare Moorage with.

Distribution has Moorage's configuration without notifications, and nginx has the settings of the
gateway that matter for pushes. The token service does the work of docker_auth (`token_service`).
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.names import PASSWORD, docker_user
from ops.host import render
from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import run_user
from ops.secrets.keys import new_authority, new_token_key
from tests.kit.go import GoProgram
from tests.kit.install import nginx_program, registry_program, toolbox
from tests.kit.servers.program import running_server

SERVICE = "plain"
_TOKEN_SERVICE = GoProgram(
    "token-service", "token-service", str(Path(__file__).resolve().parent / "token_service")
)
_NGINX = """
daemon off;
worker_processes auto;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    log_format plain escape=json
        '{{"time":"$time_iso8601","request_id":"$request_id","client":"$remote_addr",'
        '"method":"$request_method","path":"$uri","status":$status,'
        '"bytes_in":$request_length,"bytes_out":$bytes_sent,"seconds":$request_time,'
        '"upstream":"$upstream_addr","upstream_seconds":"$upstream_response_time",'
        '"user_agent":"$http_user_agent"}}';
    access_log {folder}/access.log plain;
    large_client_header_buffers 4 64k;
    sendfile on;
    tcp_nopush on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    upstream registry {{ server {registry}; keepalive 64; }}
    upstream tokens {{ server {tokens}; keepalive 64; }}
    server {{
        listen {gateway};
        location = /healthz {{ return 200 "ok\\n"; }}
        location = /token {{ proxy_pass http://tokens; }}
        location /v2/ {{
            client_max_body_size 0;
            proxy_request_buffering off;
            proxy_buffers 8 512k;
            proxy_buffer_size 512k;
            proxy_max_temp_file_size 0;
            proxy_read_timeout 900s;
            proxy_pass http://registry;
        }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Plain:
    """A running plain registry: the port of its nginx, and the process of each part."""

    port: int
    pids: Mapping[str, int]


@contextmanager
def running(folder: Path) -> Iterator[Plain]:
    """Run the plain registry with its files in ``folder`` until the context ends.

    Raises:
        NotBuilt: Go is missing, or it cannot build the token service.
    """
    token_service = _TOKEN_SERVICE.built(toolbox().root)
    user = run_user([folder])
    for place in (folder, folder / "storage"):
        place.mkdir()
        user.own(place)
    authority = new_authority()
    ca, key = folder / "ca.pem", folder / "key.pem"
    ca.write_bytes(authority.certificate)
    key.write_bytes(new_token_key(authority, SERVICE))
    with ExitStack() as stack:
        gateway, registry, tokens = (stack.enter_context(reserve()) for _ in range(3))
        configuration = folder / "registry.yml"
        configuration.write_text(_registry(folder, ca, registry.address))
        nginx = folder / "nginx.conf"
        nginx.write_text(
            _NGINX.format(
                folder=folder,
                gateway=gateway.address,
                registry=registry.address,
                tokens=tokens.address,
            )
        )
        programs = {"gateway": nginx_program(), "registry": registry_program()}
        commands: dict[str, tuple[list[str | Path], str, dict[str, str]]] = {
            "token service": (
                [token_service, tokens.address, key, docker_user(0)],
                f"http://{tokens.address}/",
                {"TOKEN_PASSWORD": PASSWORD},
            ),
            "registry": (
                [programs["registry"].path, "serve", configuration],
                f"http://{registry.address}/",
                {"OTEL_TRACES_EXPORTER": "none", **programs["registry"].environment},
            ),
            "gateway": (
                [programs["gateway"].path, "-e", folder / "error.log", "-c", nginx],
                f"http://{gateway.address}/healthz",
                programs["gateway"].environment,
            ),
        }
        pids = {
            name: stack.enter_context(
                running_server(
                    user, argv, folder / f"{name}.out", ready, child_environment(**variables)
                )
            ).pid
            for name, (argv, ready, variables) in commands.items()
        }
        yield Plain(gateway.number, pids)


def _registry(folder: Path, ca: Path, address: str) -> str:
    rendered = render.render(
        render.REGISTRY,
        listen_address=address,
        debug_address=None,
        storage_root=str(folder / "storage"),
        s3=None,
        http_secret="upload-state-secret",
        token_realm="http://gateway.invalid/token",
        token_service=SERVICE,
        token_issuer=SERVICE,
        token_ca_path=str(ca),
        webhook_url="",
        webhook_secret="",
    )
    return rendered.partition("\nnotifications:")[0] + "\n"
