"""The progress of a garbage collection on the terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from services.catalog.gc.runs.domain import Phase, Run

_PHASES = {
    Phase.REQUESTED: "Waiting for the catalog",
    Phase.LISTING: "Listing the storage",
    Phase.DELETING: "Deleting untagged manifests",
    Phase.MARKING: "Marking blobs that nothing needs",
    Phase.CONFIRMING: "Waiting until every gate knows the marks",
    Phase.SWEEPING: "Deleting blobs that have waited",
    Phase.PURGING: "Purging abandoned uploads",
}


class Progress:
    """One line per phase, on standard error. If that is no terminal, it shows nothing."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(),
            _Count(),
            _Rate(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._phase: Phase | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def show(self, run: Run) -> None:
        """Show how far the run is. A new phase ends the line of the phase before."""
        if run.phase is not self._phase:
            self._end_line(run.phase is Phase.DONE and run.error is not None)
            if run.phase is Phase.DONE:
                return
            self._phase = run.phase
            # A run can sweep twice, so a phase is not the key of a line.
            self._task = self._bars.add_task(_PHASES[run.phase], total=run.total)
        self._bars.update(self._task, total=run.total, completed=run.done)

    def _end_line(self, has_failed: bool) -> None:
        if self._phase is None:
            return
        if has_failed:
            self._bars.stop_task(self._task)
            return
        (line,) = (task for task in self._bars.tasks if task.id == self._task)
        end = max(line.completed, line.total or 0, 1)
        self._bars.update(self._task, total=end, completed=end)


class _Count(ProgressColumn):
    """The finished items, and all items if their number is known."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text(f"{int(task.completed):,}" if task.completed else "")
        return Text(f"{int(task.completed):,}/{int(task.total):,}")


class _Rate(ProgressColumn):
    """The finished items per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")
