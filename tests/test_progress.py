from __future__ import annotations

import io

import pytest

from tuner_component.engines.base import Started
from tuner_component.evaluation import Outcome
from tuner_component.progress import Progress, duration, table
from tuner_component.trial import Objective, Trial, TrialState

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


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.2, "8 s"), (125, "2:05"), (3750, "1:02:30")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text
