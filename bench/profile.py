"""`make profile`: runs py-spy on one service of a running stack while it is under load."""

import argparse
import collections
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench import installation, seed
from bench.counting import burst
from bench.load import LoadFailed, measure
from bench.memory import pid_of
from bench.names import API_KEYS
from bench.token import SCOPE, basic, new_scopes

_SECONDS = 8
_WAITING = ("_worker (concurrent/futures/", "Condition.wait (threading")
"""Functions in which an idle thread waits. py-spy does not always recognize them as idle."""


def main() -> None:
    """Write `bench/output/profile-SERVICE.svg` and print the functions on top of the stack."""
    parser = argparse.ArgumentParser(prog="make profile")
    parser.add_argument("service", nargs="?", default="auth", choices=installation.SERVICES)
    service = parser.parse_args().service
    with tempfile.TemporaryDirectory(prefix="moorage-profile-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with installation.running(folder) as stack:
            seed.run(stack.superuser_url, seed.SMALL, clock=time.monotonic)
            over = threading.Event()
            loading = threading.Thread(target=_repeat, args=(_loads(stack)[service], over))
            loading.start()
            try:
                output = Path(__file__).parent / "output"
                output.mkdir(exist_ok=True)
                _record(
                    pid_of(service, stack.ports[service]),
                    folder / "stacks",
                    output / f"profile-{service}.svg",
                )
            finally:
                over.set()
                loading.join()


def _loads(stack: installation.Installation) -> dict[str, Callable[[], object]]:
    token = stack.address("auth") + "/token?service=moorage"
    lists = stack.address("catalog") + "/api/v1/repositories?sort=-pull_count"
    key = {"Authorization": f"Bearer {API_KEYS['bench-owner']}"}
    return {
        "auth": lambda: [
            measure(f"{token}&scope={SCOPE}", headers=basic()),
            measure(token, headers=basic(), script=new_scopes()),
        ],
        "catalog": lambda: measure(lists, headers=key, connections=4),
        "events": lambda: burst(stack),
    }


def _repeat(load: Callable[[], object], over: threading.Event) -> None:
    while not over.is_set():
        try:
            load()
        except LoadFailed as error:
            print(error, file=sys.stderr)
            return


def _record(pid: int, stacks: Path, picture: Path) -> None:
    spy = Path(sys.executable).with_name("py-spy")
    time.sleep(1)
    for kind, output in (("flamegraph", picture), ("raw", stacks)):
        argv = [
            str(spy),
            "record",
            "--pid",
            str(pid),
            "--duration",
            str(_SECONDS),
            "--rate",
            "400",
            "--format",
            kind,
            "--output",
            str(output),
        ]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    tops: collections.Counter[str] = collections.Counter()
    for line in stacks.read_text().splitlines():
        frames, _, count = line.rpartition(" ")
        top = frames.rpartition(";")[2].rpartition(":")[0]
        if not top.startswith(_WAITING):
            tops[top] += int(count)
    for top, samples in tops.most_common(25):
        print(f"{100 * samples / tops.total():5.1f} %  {top}")
    print(f"picture: {picture}")


if __name__ == "__main__":
    main()
