"""What the user sees: one live line while the search runs, a table at its end."""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from tuner_component.engines.base import Event, Started
from tuner_component.evaluation import Outcome
from tuner_component.study.checkpoints import ranked
from tuner_component.trial import Objective, Trial, TrialState

_LOG_SECONDS = 10.0
_TABLE_ROWS = 5
_TABLE_VALUES = 6


class Progress:
    """Shows a running search in a terminal, a notebook or a log file.

    A terminal and a notebook have one line that changes; a log file gets a line
    when trials have ended, at most one every ten seconds.

    Args:
        name: What the line begins with: the pipeline node.
        objective: The metric and its direction.
        num_expected: How many trials there will be; None if nobody knows.
        stream: Where to write; None is standard output.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        objective: Objective,
        num_expected: int | None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._objective, self._expected = name, objective, num_expected
        self._clock, self._started_at = clock, clock()
        self._running: set[str] = set()
        self._num_ended = 0
        self._show = _display(stream or sys.stdout, clock)

    def on_event(self, trials: Sequence[Trial], event: Event) -> None:
        """Takes note of what an engine reported."""
        if isinstance(event, Started):
            self._running.add(event.trial_id)
        elif isinstance(event, Outcome):
            self._running.discard(event.trial_id)
            self._num_ended += 1
        self._show(self.line(trials), isinstance(event, Outcome))

    def on_tick(self, trials: Sequence[Trial]) -> None:
        """Brings the line up to date while nothing happens."""
        self._show(self.line(trials), False)

    def line(self, trials: Sequence[Trial]) -> str:
        """Returns the live line for these trials."""
        counts = dict.fromkeys(TrialState, 0)
        for trial in trials:
            counts[trial.state] += 1
        total = f"/{self._expected}" if self._expected else ""
        parts = [f"{self._name} {counts[TrialState.COMPLETED]}{total} trials done"]
        parts += [f"{len(self._running)} running"] if self._running else []
        parts += [f"{counts[s]} {s.value.lower()}" for s in _REPORTED if counts[s]]
        for best in ranked(trials)[:1]:
            parts.append(f"best {self._objective.name} {best.score:.5g}")
        return ", ".join(parts) + self._pace(counts)

    def _pace(self, counts: Mapping[TrialState, int]) -> str:
        seconds = self._clock() - self._started_at
        if not self._num_ended or seconds <= 0:
            return ""
        rate = self._num_ended / seconds
        text = f" | {rate * 60:.3g} trials/min"
        if self._expected:
            ended = counts[TrialState.COMPLETED] + counts[TrialState.FAILED]
            left = max(self._expected - ended, 0) / rate
            text += f", about {duration(left)} left"
        return text


_REPORTED = (TrialState.FAILED, TrialState.INFEASIBLE)


def table(trials: Sequence[Trial], objective: Objective) -> str:
    """Returns the best trials as text, one a line, best first."""
    best = ranked(trials)[:_TABLE_ROWS]
    names = list(dict.fromkeys(name for t in best for name in t.used_values))[
        :_TABLE_VALUES
    ]
    head = ["trial", objective.name, "seconds", *names]
    rows = [
        [t.trial_id, f"{t.score:.5g}", f"{t.duration_seconds:.1f}"]
        + [_cell(t.used_values.get(name)) for name in names]
        for t in best
    ]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in [head, *rows]
    )


def duration(seconds: float) -> str:
    """Returns seconds for people: "8 s", "2:05", "1:02:30"."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _display(stream: TextIO, clock: Callable[[], float]) -> Callable[[str, bool], None]:
    notebook = _notebook_handle() if stream is sys.stdout else None
    if notebook is not None:
        return lambda line, _: notebook(line)
    if stream.isatty():
        return lambda line, _: _rewrite(stream, line)
    return _Log(stream, clock)


class _Log:
    """Lines for a log file: only when something ended, and not too often."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self.stream, self.clock = stream, clock
        self.written_at, self.waiting = -math.inf, False

    def __call__(self, line: str, ended: bool) -> None:  # noqa: FBT001
        self.waiting = self.waiting or ended
        if self.waiting and self.clock() - self.written_at >= _LOG_SECONDS:
            self.stream.write(line + "\n")
            self.stream.flush()
            self.written_at, self.waiting = self.clock(), False


def _rewrite(stream: TextIO, line: str) -> None:
    width = shutil.get_terminal_size().columns - 1  # a longer line would not go away
    stream.write(f"\r\x1b[2K{line[:width]}")
    stream.flush()


def _notebook_handle() -> Callable[[str], None] | None:
    """Returns what rewrites an output cell, where there is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    handle = display({"text/plain": ""}, raw=True, display_id=True)
    return lambda line: handle.update({"text/plain": line}, raw=True)
