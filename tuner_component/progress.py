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
from tuner_component.pareto.ranking import pareto_set, ranked
from tuner_component.search_space.wiring import readable
from tuner_component.trial import Objective, Trial, TrialState

_LOG_SECONDS = 10.0
_TABLE_ROWS = 5
_TABLE_VALUES = 6
_CELL_CHARACTERS = 40


class Progress:
    """Shows a running search in a terminal, a notebook or a log file.

    A terminal and a notebook have one line that changes; a log file gets a line
    when trials have ended, at most one every ten seconds.

    Args:
        name: What the line begins with: the pipeline node.
        objective: The metric and its direction, or several.
        num_expected: How many trials there will be; None if nobody knows.
        stream: Where to write; None is standard output.
        clock: Seconds, monotonic.
        total_resource: What all trials together will get, if they have rungs.
    """

    def __init__(
        self,
        name: str,
        objective: Objective | Sequence[Objective],
        num_expected: int | None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        total_resource: float | None = None,
    ) -> None:
        self._name, self._expected = name, num_expected
        self._total = total_resource
        self._spent_before: float | None = None
        self._objectives = _several(objective)
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
        if self._spent_before is None:
            self._spent_before = _spent(trials)
        counts = dict.fromkeys(TrialState, 0)
        for trial in trials:
            counts[trial.state] += 1
        total = f"/{self._expected}" if self._expected else ""
        parts = [f"{self._name} {counts[TrialState.COMPLETED]}{total} trials done"]
        parts += [f"{len(self._running)} running"] if self._running else []
        parts += [f"{counts[s]} {s.value.lower()}" for s in _REPORTED if counts[s]]
        for best in ranked(trials, self._objectives)[:1]:
            parts += [self._best(best, trials)]
        if any(trial.rungs for trial in trials):
            return ", ".join([*parts, self._rungs(trials)]) + self._rung_pace(trials)
        return ", ".join(parts) + self._pace(counts)

    def _rungs(self, trials: Sequence[Trial]) -> str:
        kind = next(trial.fidelity.kind for trial in trials if trial.fidelity)
        total = f"/{self._total:g}" if self._total else ""
        return f"{_spent(trials):g}{total} {kind}"

    def _rung_pace(self, trials: Sequence[Trial]) -> str:
        """Estimates by what is spent: trials of a rung take longer than those below."""
        spent, seconds = _spent(trials), self._clock() - self._started_at
        done = spent - (self._spent_before or 0.0)
        if not self._total or done <= 0 or seconds <= 0:
            return ""
        return _time_left(" | ", (self._total - spent) * seconds / done)

    def _best(self, best: Trial, trials: Sequence[Trial]) -> str:
        first, *others = self._objectives
        text = f"best {first.name} {best.score:.5g}"
        if not others:
            return text
        text += "".join(
            f" {each.name} {best.metrics[each.name]:.5g}" for each in others
        )
        return f"{text} of {len(pareto_set(trials))} in the Pareto set"

    def _pace(self, counts: Mapping[TrialState, int]) -> str:
        seconds = self._clock() - self._started_at
        if not self._num_ended or seconds <= 0:
            return ""
        rate = self._num_ended / seconds
        text = f" | {rate * 60:.3g} trials/min"
        if self._expected:
            ended = sum(counts[state] for state in _COUNTED)
            text += _time_left(", ", (self._expected - ended) / rate)
        return text


_REPORTED = (
    TrialState.STOPPED,
    TrialState.PAUSED,
    TrialState.FAILED,
    TrialState.INFEASIBLE,
)
_COUNTED = (TrialState.COMPLETED, TrialState.STOPPED, TrialState.FAILED)


def _time_left(before: str, seconds: float) -> str:
    """Returns nothing once everything has been done."""
    return f"{before}about {duration(seconds)} left" if seconds > 0 else ""


def _spent(trials: Sequence[Trial]) -> float:
    return sum(trial.rungs[-1].resource for trial in trials if trial.rungs)


def table(trials: Sequence[Trial], objective: Objective | Sequence[Objective]) -> str:
    """Returns the best trials as text, one a line, best first.

    With several objectives: the compromise, then the rest of the Pareto set.
    """
    objectives = _several(objective)
    further = [each.name for each in objectives[1:]]
    best = ranked(trials, objectives)[:_TABLE_ROWS]
    shown = [readable(trial.used_values) for trial in best]
    names = list(dict.fromkeys(name for values in shown for name in values))[
        :_TABLE_VALUES
    ]
    kinds = list(dict.fromkeys(t.fidelity.kind for t in best if t.fidelity))
    head = ["trial", objectives[0].name, *further, *kinds, "seconds", *names]
    rows = [
        [t.trial_id, f"{t.score:.5g}"]
        + [f"{t.metrics[name]:.5g}" for name in further]
        + [f"{t.fidelity.value:g}" if t.fidelity else "-" for _ in kinds]
        + [f"{t.duration_seconds:.1f}"]
        + [_cell(values.get(name)) for name in names]
        for t, values in zip(best, shown, strict=True)
    ]
    lines = [[_short(cell) for cell in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in lines
    )


def _several(objective: Objective | Sequence[Objective]) -> Sequence[Objective]:
    return [objective] if isinstance(objective, Objective) else objective


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


def _short(text: str) -> str:
    """Returns what fits into a cell, in one line."""
    line = " ".join(text.split())
    most = _CELL_CHARACTERS
    return line if len(line) <= most else f"{line[: most - 3]}..."


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
