"""`moorage` with a keeper that starts again at once what died, however often: for tests that kill one part many times.

`python -m tests.kit.impatient run` is otherwise `moorage run`.
"""

from __future__ import annotations

from ops.cli import app
from ops.run import supervisor as keeper

if __name__ == "__main__":
    keeper._LONGEST_DELAY_SECONDS = 0.1
    app()
