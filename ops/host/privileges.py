"""Who the children run as, and how their lives end with ours.

PostgreSQL refuses to run as root, and nothing else here needs root either: started by root, every child becomes
`nobody`, or whoever the data belongs to. Started by anyone else, every child stays that user.
"""

import os
import pwd
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.errors import OpsError

# Bit numbers of linux/capability.h.
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

DeathSignal = Literal["TERM", "INT", "KILL"]


@dataclass(frozen=True, slots=True)
class RunUser:
    """The user that owns the data folder and runs the children.

    `capability` is the one capability that `nobody` keeps where folders that it must read are closed to it, such as a
    clone below /root; None where it needs none.
    """

    uid: int
    gid: int
    drops_root: bool = False
    capability: str | None = None

    def command(
        self,
        argv: Sequence[str],
        *,
        death_signal: DeathSignal = "TERM",
        may_bind_low_ports: bool = False,
    ) -> list[str]:
        """Return `argv` wrapped so that it runs as this user and gets `death_signal` when its parent dies.

        The parent is the thread that starts it: start children from the main thread. `may_bind_low_ports` lets it
        listen below 1024, where root started us.
        """
        wrapped = [_setpriv(), f"--pdeathsig={death_signal}"]
        if self.drops_root:
            wrapped += [
                f"--reuid={self.uid}",
                f"--regid={self.gid}",
                "--clear-groups",
                "--no-new-privs",
            ]
            kept = ",".join(
                ["-all"]
                + ([f"+{self.capability}"] if self.capability else [])
                + (["+net_bind_service"] if may_bind_low_ports else [])
            )
            wrapped += [f"--inh-caps={kept}", f"--ambient-caps={kept}"]
            if self.capability:
                # Without it access(2), with which initdb looks for postgres, leaves capabilities out of account.
                wrapped.append("--securebits=+no_setuid_fixup")
        return [*wrapped, "--", *argv]

    def own(self, path: Path) -> None:
        """Give `path` to this user, when we are root and it is not theirs yet."""
        if not self.drops_root:
            return
        status = path.lstat()
        if (status.st_uid, status.st_gid) != (self.uid, self.gid):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def run_user(paths: Iterable[Path], *, data: Path | None = None) -> RunUser:
    """Return who the children run as, able to read all of `paths`, the Python installation included.

    Started by root, that is the user whom the folder `data` belongs to, where that is somebody: data of a user who ran
    this before stays theirs. Else it is `nobody`. Raises OpsError when root may hand on no capability to read `paths`.
    """
    if os.geteuid() != 0:
        return RunUser(uid=os.geteuid(), gid=os.getegid())
    uid, gid = _owner(data) or _nobody()
    needed = [*paths, Path(sys.prefix), Path(sys.base_prefix), Path(os.__file__), Path(__file__)]
    closed = [path for path in needed if not readable_by(path, uid, gid)]
    capability = _reading_capability(closed[0]) if closed else None
    return RunUser(uid=uid, gid=gid, drops_root=True, capability=capability)


def _owner(data: Path | None) -> tuple[int, int] | None:
    if data is None or not data.exists() or data.stat().st_uid == 0:
        return None
    return data.stat().st_uid, data.stat().st_gid


def _nobody() -> tuple[int, int]:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise OpsError(
            "there is no user `nobody` to run PostgreSQL as; start moorage as a user who is not root"
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def readable_by(path: Path, uid: int, gid: int) -> bool:
    """Tell whether a user without capabilities can reach and read `path`, by the mode bits; a missing path can."""
    resolved = path.resolve()
    for step in (*reversed(resolved.parents), resolved):
        try:
            status = step.stat()
        except FileNotFoundError:
            return True
        wanted = 0o5 if step.is_dir() and step == resolved else 0o1 if step.is_dir() else 0o4
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if (status.st_mode >> shift) & wanted != wanted:
            return False
    return True


def _reading_capability(closed: Path) -> str:
    """Return the least capability that opens `closed` to nobody and that we may hand on."""
    permitted = next(
        int(line.split()[1], 16)
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("CapPrm:")
    )
    # Containers often keep dac_override and drop dac_read_search.
    for number, name in (
        (_CAP_DAC_READ_SEARCH, "dac_read_search"),
        (_CAP_DAC_OVERRIDE, "dac_override"),
    ):
        if permitted >> number & 1:
            return name
    raise OpsError(
        f"the user `nobody`, whom PostgreSQL runs as, cannot read {closed}: move it to a folder open to all"
    )


def die_with_parent(argv: Sequence[str], *, death_signal: DeathSignal = "TERM") -> list[str]:
    """Return `argv` wrapped so that it runs as we do and gets `death_signal` when we end."""
    return [_setpriv(), f"--pdeathsig={death_signal}", "--", *argv]


def _setpriv() -> str:
    found = shutil.which("setpriv", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if found is None:
        raise OpsError("setpriv is missing: install the package util-linux")
    return found
