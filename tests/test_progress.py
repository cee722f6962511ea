from __future__ import annotations

import dataclasses
import io

import pytest

from tuner_component.engines.base import Started
from tuner_component.evaluation import Outcome
from tuner_component.progress import Progress, duration, table
from tuner_component.trial import (
    Fidelity,
    Objective,
    RungResult,
    Trial,
    TrialState,
)

_ACCURACY = Objective("val_accuracy", "max")


class _Clock:
    now = 0.0

    def __call__(self):
        return self.now


def _trial(number, score=None, state=TrialState.COMPLETED, **values):
    loss = None if score is None else -score
    return Trial(f"{number:04d}", number, values, 0, state, score=score, loss=loss)


def _trials():
    return [
        _trial(0, 0.5, units=8),
        _trial(1, 0.75, units=16, dropout=0.123456),
        _trial(2, None, TrialState.FAILED, units=9),
        _trial(3, None, TrialState.PENDING, units=3),
    ]


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def _shown(stream, ticks=3):
    clock = _Clock()
    progress = Progress("Tuner", _ACCURACY, 20, stream, clock)
    progress.on_event(_trials(), Started("0003", "worker-0"))
    clock.now = 30.0
    progress.on_event(_trials(), Outcome("0002", 0))
    for _ in range(ticks):
        clock.now += 1
        progress.on_tick(_trials())
    return stream.getvalue()


def test_the_line_tells_counts_best_pace_and_time_left(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    line = _shown(_Terminal(), ticks=0).split("\x1b[2K")[-1]
    assert line == (
        "Tuner 2/20 trials done, 1 running, 1 failed, best val_accuracy 0.75"
        " | 2 trials/min, about 8:30 left"
    )


def test_a_terminal_has_one_line_that_changes():
    shown = _shown(_Terminal())
    assert "\n" not in shown
    assert shown.count("\r\x1b[2K") == 5


def test_a_narrow_terminal_gets_what_fits(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = _shown(_Terminal()).split("\r\x1b[2K")
    assert max(len(line) for line in lines) == 39


def test_a_log_file_gets_lines_only_when_trials_end():
    shown = _shown(io.StringIO())
    assert shown.count("\n") == 1
    assert "\r" not in shown


def test_a_log_file_gets_at_most_a_line_every_ten_seconds():
    clock, stream = _Clock(), io.StringIO()
    progress = Progress("Tuner", _ACCURACY, None, stream, clock)
    for _ in range(40):
        clock.now += 1
        progress.on_event(_trials(), Outcome("0000", 0))
    assert stream.getvalue().count("\n") == 4


def test_the_table_has_the_best_first_and_aligns():
    lines = table(_trials(), _ACCURACY).splitlines()
    assert lines[0].split() == ["trial", "val_accuracy", "seconds", "units", "dropout"]
    assert lines[1].split() == ["0001", "0.75", "0.0", "16", "0.1235"]
    assert lines[2].split() == ["0000", "0.5", "0.0", "8", "-"]
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1


def test_a_long_name_or_value_does_not_tear_the_table():
    values = {"n" * 90: "two\nlines", "activation": "v" * 90}
    long = dataclasses.replace(_trial(0, 0.5), values=values)
    head, row = table([long, _trial(1, 0.4)], _ACCURACY).splitlines()[:2]
    assert head.split()[3] == "n" * 37 + "..."
    assert "two lines" in row
    assert row.endswith("  " + "v" * 37 + "...")
    assert len(table([long], _ACCURACY).splitlines()) == 2


def _sized(number, score, size):
    return dataclasses.replace(
        _trial(number, score), losses=(-score, size),
        metrics={"val_accuracy": score, "size": size},
    )  # fmt: skip


def test_several_objectives_show_the_compromise_and_how_many_are_not_dominated():
    both = (_ACCURACY, Objective("size", "min"))
    scores = [(0.9, 90.0), (0.85, 30.0), (0.1, 99.0), (0.2, 99.0)]
    trials = [_sized(number, *both) for number, both in enumerate(scores)]
    progress = Progress("Tuner", both, 20, io.StringIO(), _Clock())
    assert progress.line(trials) == (
        "Tuner 4/20 trials done, best val_accuracy 0.85 size 30 of 2 in the Pareto set"
    )
    lines = table(trials, both).splitlines()
    assert lines[0].split() == ["trial", "val_accuracy", "size", "seconds"]
    assert lines[1].split() == ["0001", "0.85", "30", "0.0"]
    assert [line.split()[0] for line in lines[2:]] == ["0000", "0003", "0002"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.2, "8 s"), (125, "2:05"), (3750, "1:02:30")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def _rung_trials():
    """Two of four got 3 of 9 epochs, the others 1; all are paused but one."""
    reached = [(1, TrialState.PAUSED)] * 2 + [(3, TrialState.PAUSED)] * 2
    return [
        dataclasses.replace(
            _trial(number, number / 10, state, units=number),
            fidelity=Fidelity("epochs", resource, 9),
            rungs=tuple(RungResult(r, 0.0) for r in (1, 3) if r <= resource),
        )
        for number, (resource, state) in enumerate(reached)
    ]


def test_with_rungs_the_line_tells_the_epochs_and_the_time_they_take():
    clock = _Clock()
    progress = Progress("Tuner", _ACCURACY, 4, io.StringIO(), clock, total_resource=16)
    progress.line([])
    clock.now = 80.0
    assert progress.line(_rung_trials()) == (
        "Tuner 0/4 trials done, 4 paused, best val_accuracy 0.3, 8/16 epochs"
        " | about 1:20 left"
    )


def test_a_continued_search_counts_its_own_epochs_for_the_time_left():
    clock, trials = _Clock(), _rung_trials()
    progress = Progress("Tuner", _ACCURACY, 4, io.StringIO(), clock, total_resource=16)
    progress.line(trials[:2])
    clock.now = 60.0
    assert progress.line(trials).endswith("8/16 epochs | about 1:20 left")


@pytest.mark.parametrize("has_rungs", [False, True])
def test_once_everything_has_been_done_no_time_is_left(has_rungs):
    clock, trials = _Clock(), _rung_trials() if has_rungs else _trials()[:3]
    total = 8 if has_rungs else None
    progress = Progress("Tuner", _ACCURACY, 3, io.StringIO(), clock, total)
    progress.line([])
    clock.now = 60.0
    progress.on_event(trials, Outcome("0002", 0))
    assert progress.line(trials).endswith("8/8 epochs" if has_rungs else "trials/min")


def test_the_table_tells_what_a_trial_got():
    lines = table(_rung_trials(), _ACCURACY).splitlines()
    assert lines[0].split() == ["trial", "val_accuracy", "epochs", "seconds", "units"]
    assert lines[1].split() == ["0003", "0.3", "3", "0.0", "3"]
