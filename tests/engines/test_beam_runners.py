"""Searches on runners that are servers: started on loopback, with Python workers."""

from __future__ import annotations

import pytest

from tests.benchmarks.histories import CASE, RUNNERS
from tests.engines.beam_searches import (
    Case,
    Silent,
    evaluations,
    on_beam,
    on_engine,
    on_local_pool,
    told,
)
from tests.engines.flocks import FlockOfProcesses
from tests.engines.runners.listening import Listening
from tests.engines.runners.service import Services
from tuner_component.engines.beam.pipeline import submitter

pytestmark = pytest.mark.runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """Gives a runner by its name; each is started once, and all end together."""
    started = {}
    with Services() as services:

        def start(name):
            if name not in started:
                folder = tmp_path_factory.mktemp(name)
                started[name] = RUNNERS[name](services, folder)
            return started[name]

        yield start


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the local pool comes to: trials, why it ended, what was trained."""
    folder = tmp_path_factory.mktemp("local")
    trials, reason = on_local_pool(folder, CASE)
    return told(trials), reason, _trained(folder)


def _trained(folder):
    """Returns what each trial was trained with, without who did it."""
    return {
        trial: [line.partition(" ")[2] for line in lines]
        for trial, lines in evaluations(folder).items()
    }


@pytest.mark.parametrize("name", RUNNERS)
def test_a_runner_has_the_history_of_the_local_pool(tmp_path, runner, expected, name):
    listening = Listening()
    submit = submitter(runner(name).arguments)
    trials, reason = on_beam(tmp_path, CASE, submit, listening)
    assert (told(trials), reason, _trained(tmp_path)) == expected
    assert listening.found == set()


def test_a_flock_of_three_has_the_history_of_the_local_pool(tmp_path, expected):
    flock = FlockOfProcesses(tmp_path / "flock", 3, evaluator=CASE.evaluator)
    trials, reason = on_engine(tmp_path, CASE, flock)
    assert (told(trials), reason, _trained(tmp_path)) == expected


class _Killing(Silent):
    """Kills a task manager once a trial has ended."""

    def __init__(self, flink):
        self.num_killed = 0
        self._flink = flink

    def on_event(self, study, event):
        if not self.num_killed:
            self.num_killed += 1
            self._flink.replace_task_manager(0)


def test_a_task_manager_that_dies_costs_no_trial_that_has_ended(tmp_path, runner):
    case = Case(max_trials=8, num_rounds=2, round_size=4, settings={"seconds": 0.5})
    flink = runner("flink")
    killing = _Killing(flink)
    trials, reason = on_beam(tmp_path, case, submitter(flink.arguments), killing)
    assert killing.num_killed == 1
    assert reason == "max_trials=8 is reached"
    expected, _ = on_local_pool(tmp_path / "local", case)
    assert _results(trials) == _results(expected)
    num_evaluated = [len(lines) for lines in evaluations(tmp_path).values()]
    # Only what was under way, one trial for each worker, may have run again.
    assert len(num_evaluated) == 8
    assert sum(num_evaluated) <= 8 + 2


def _results(trials):
    return [(trial.trial_id, trial.state, trial.score) for trial in trials]
