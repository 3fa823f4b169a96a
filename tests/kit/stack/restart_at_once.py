"""`moorage`, but it restarts a dead program after 0.1 s, however often the program dies.

For tests that kill one program many times: `python -m tests.kit.stack.restart_at_once run` is
otherwise `moorage run`. `RESTARTING_AT_ONCE` in `run.py` names it.
"""

from __future__ import annotations

from ops.cli import app
from ops.run import supervisor

if __name__ == "__main__":
    supervisor._LONGEST_DELAY_SECONDS = 0.1
    app()
