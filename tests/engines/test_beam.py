from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import signal
import tempfile
from pathlib import Path

import pytest

from tests.contracts.in_process_engine import InProcessEngine
from tests.engines.beam_searches import (
    Case,
    Silent,
    arguments,
    evaluations,
    on_beam,
    on_engine,
    on_local_pool,
    told,
)
from tests.engines.bowl import make_bowl
from tests.engines.flock_evaluators import WAITING
from tests.engines.runners.listening import Listening
from tuner_component.engines.beam import stages
from tuner_component.engines.beam.memo import Memo
from tuner_component.engines.beam.order import Proposed
from tuner_component.engines.beam.pipeline import submitter
from tuner_component.errors import EngineError
from tuner_component.trial import TrialState

RANDOM = Case("random", num_rounds=2)
IN_ROUNDS = [
    RANDOM,
    Case("quasi_random", num_rounds=3, round_size=5),
    Case(
        "successive_halving",
        {"max_resource": 9, "num_configurations": 9, "guard": False},
        num_rounds=8,
    ),
    Case("hyperband", {"max_resource": 9}, num_rounds=8),
]
MODES = [("in_memory", 1), ("multi_processing", 2)]


def _name(case):
    return case.strategy


class Submits:
    """Submits pipelines for real; `after` is called when each has ended."""

    def __init__(self, after, args=None):
        self.num_submitted = 0
        self._submit = submitter(args or arguments())
        self._after = after

    def __call__(self, order, state, num_rounds):
        self.num_submitted += 1
        self._submit(order, state, num_rounds)
        self._after(self.num_submitted)


@pytest.mark.parametrize("case", IN_ROUNDS[1:], ids=_name)
def test_the_history_is_that_of_any_engine(tmp_path, case):
    trials, reason = on_beam(tmp_path / "beam", case, submitter(arguments()))
    engine = InProcessEngine(make_bowl(), num_slots=3)
    expected, expected_reason = on_engine(tmp_path / "here", case, engine)
    assert told(trials) == told(expected)
    assert reason == expected_reason
    has_rungs = "max_resource" in case.options
    assert max(len(trial.rungs) for trial in trials) >= 3 * has_rungs


@pytest.mark.runner
@pytest.mark.parametrize(
    ("case", "mode"),
    [(RANDOM, "multi_threading"), (IN_ROUNDS[-1], "multi_processing")],
)
def test_every_mode_has_the_history_of_the_local_pool(tmp_path, case, mode):
    expected, expected_reason = on_local_pool(tmp_path / "local", case)
    run, listening = submitter(arguments(mode, 2)), Listening()
    trials, reason = on_beam(tmp_path / mode, case, run, listening)
    assert told(trials) == told(expected)
    assert reason == expected_reason
    assert listening.found == set()


@pytest.mark.runner
def test_what_learns_has_one_history_in_every_mode_and_no_duplicates(tmp_path):
    case = Case("bayesian", num_rounds=4, round_size=4)
    found = [
        told(on_beam(tmp_path / mode, case, submitter(arguments(mode, n)))[0])
        for mode, n in MODES
    ]
    assert found[0] == found[1]
    values = [tuple(sorted(trial.values.items())) for trial in found[0]]
    assert len(set(values)) == len(values) == 12


def test_a_pipeline_that_breaks_is_submitted_again_and_repeats_nothing(tmp_path):
    def fail(number):
        if number < 3:
            raise RuntimeError("Channel closed prematurely")

    case = Case(round_size=4, num_rounds=1)
    submit = Submits(fail)
    trials, reason = on_beam(tmp_path, case, submit)
    assert reason == "max_trials=12 is reached"
    assert submit.num_submitted == 3
    assert len(trials) == 12
    counts = {trial: len(lines) for trial, lines in evaluations(tmp_path).items()}
    assert set(counts.values()) == {1}


def test_a_step_that_dies_repeats_nothing_when_it_runs_again(tmp_path):
    def die(number):
        raise KeyboardInterrupt

    case = Case(round_size=4, num_rounds=1)
    with pytest.raises(KeyboardInterrupt):
        on_beam(tmp_path, case, Submits(die))
    assert len(evaluations(tmp_path)) == 4
    trials, _ = on_beam(tmp_path, case, Submits(lambda number: None))
    counts = {trial: len(lines) for trial, lines in evaluations(tmp_path).items()}
    assert counts == {trial.trial_id: 1 for trial in trials}
    assert len(trials) == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trial_id": "../evil"}, "A trial's id is '../evil'"),
        ({"folder": "/tmp/evil"}, "the folder of trial 0000 is /tmp/evil"),
        ({"folder": "{study}/trials/../../evil"}, "expected one in the study's folder"),
    ],
)
def test_a_job_that_would_leave_the_study_is_run_by_nobody(tmp_path, change, message):
    direct = submitter(arguments())

    def submit(order, state, num_rounds):
        given = {name: text.format(study=order.folder) for name, text in change.items()}
        jobs = [dataclasses.replace(job, **given) for job in state.jobs]
        Memo(order.folder).begin(state.round_name, Proposed([], jobs))
        direct(order, dataclasses.replace(state, jobs=jobs), num_rounds)

    with pytest.raises(EngineError, match=message):
        on_beam(tmp_path / "study", Case(max_trials=1, num_rounds=1), submit)
    assert evaluations(tmp_path) == {}


class _Forgetting:
    """Submits a pipeline that loses its driver to another one before it begins."""

    def __init__(self, state_of_the_first):
        self._submit = submitter(arguments())
        self._seen = state_of_the_first

    def __call__(self, order, state, num_rounds):
        if not self._seen:
            self._seen.append((order, state))
            raise ConnectionError("the driver is gone")
        # The worker has checked this pipeline before, and goes on with it.
        stages._checked().add(self._seen[0][0].submission)
        self._submit(*self._seen[0], num_rounds)
        self.num_evaluated = len(evaluations(Path(order.folder).parent))
        self._submit(order, state, num_rounds)


def test_a_pipeline_whose_driver_was_replaced_runs_nothing(tmp_path):
    submit = _Forgetting([])
    trials, _ = on_beam(tmp_path, Case(max_trials=4, num_rounds=2), submit)
    assert submit.num_evaluated == 0
    assert [trial.num_attempts for trial in trials] == [1] * 4


def test_a_driver_begins_by_deleting_what_one_that_died_has_left(tmp_path):
    memo = Memo(str(tmp_path))
    memo.begin("died/00000", Proposed([], []))
    assert memo.is_wanted("died/00000")
    memo.forget_all()
    assert not memo.is_wanted("died/00000")


def test_pipelines_that_get_nowhere_end_the_search(tmp_path):
    calls = []

    def submit(order, state, num_rounds):
        calls.append(order.submission)
        raise ConnectionError("no such job server")

    with pytest.raises(EngineError, match="no such job server"):
        on_beam(tmp_path, RANDOM, submit)
    assert len(set(calls)) == len(calls) == 3


def test_an_error_of_the_strategy_ends_the_search(tmp_path):
    case = Case("random", {"no_such_option": 1}, check_options=False)
    with pytest.raises(EngineError, match="no_such_option"):
        on_beam(tmp_path, case, submitter(arguments()))


def test_trials_that_fail_are_outcomes(tmp_path):
    case = Case(max_trials=30, num_rounds=1)
    trials, _ = on_beam(tmp_path, case, submitter(arguments()))
    failed = [trial for trial in trials if trial.values["x"] > 0.9]
    assert failed
    assert [t for t in trials if t.state is TrialState.FAILED] == failed
    assert "too far to the right" in failed[0].error.message


@pytest.mark.timeout(60)
def test_a_trial_ends_with_the_search_and_costs_no_attempt(tmp_path):
    """It would go on for ever."""
    case = Case(evaluator=WAITING, max_trials=2, max_seconds=4.0)
    trials, reason = on_beam(tmp_path, case, submitter(arguments()))
    assert reason == "max_seconds is over"
    assert {(t.state, t.num_attempts) for t in trials} == {(TrialState.PENDING, 0)}


def test_a_trial_that_kills_its_process_is_retried_and_fails_with_its_last_words(
    tmp_path,
):
    case = Case(
        max_trials=2,
        num_rounds=1,
        evaluator="tests.contracts.evaluators:make_deadly",
    )
    trials, _ = on_beam(tmp_path, case, submitter(arguments()))
    assert [trial.state for trial in trials] == [TrialState.FAILED] * 2
    assert [trial.num_attempts for trial in trials] == [2, 2]
    assert "exit code 7" in trials[0].error.message
    assert "last words" in trials[0].error.traceback
    assert f"worker-0.log on {platform.node()}." in trials[0].error.message


@pytest.mark.parametrize("mode", ["in_memory", "multi_processing"])
def test_the_logs_of_a_search_without_errors_do_not_stay_behind(
    tmp_path, monkeypatch, mode
):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    case = Case(max_trials=2, num_rounds=1)
    trials, _ = on_beam(tmp_path / "study", case, submitter(arguments(mode, 2)))
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * 2
    assert list(folder.glob("tuner_beam_*")) == []


class _Killer(Silent):
    """Kills one Beam worker when the first trial has ended."""

    def __init__(self):
        self.killed = []

    def on_tick(self, study):
        begun = study.trials and Path(study.folder_of("0000"), "../../evaluated")
        if not begun or not begun.exists() or self.killed:
            return
        workers = _beam_workers()
        if len(workers) == 2:
            os.kill(workers[0], signal.SIGKILL)
            self.killed.append(workers[0])


def _beam_workers():
    """Returns the Beam workers that this process has started, each in a shell."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (path / "cmdline").read_text()
            if "sdk_worker_main" not in command or command.startswith("/bin/sh"):
                continue
            parent = _parent(int(path.name))
            if os.getpid() in (parent, _parent(parent)):
                found.append(int(path.name))
    return found


def _parent(process):
    stat = Path(f"/proc/{process}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


@pytest.mark.runner
def test_a_killed_beam_worker_costs_no_trial_that_has_ended(tmp_path):
    case = Case(max_trials=10, settings={"seconds": 0.5})
    killer = _Killer()
    run = submitter(arguments("multi_processing", 2))
    trials, reason = on_beam(tmp_path, case, run, killer)
    assert len(killer.killed) == 1
    assert reason == "max_trials=10 is reached"
    assert len(trials) == 10
    num_evaluated = [len(lines) for lines in evaluations(tmp_path).values()]
    # Only what the killed worker had under way has run again.
    assert sorted(num_evaluated) in ([1] * 10, [1] * 9 + [2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user_modules": ("no_such_module",)}, "no module 'no_such_module'"),
        ({"folder": "/proc/self/nowhere"}, "does not hold what the step wrote"),
    ],
)
def test_a_worker_that_cannot_work_says_why(tmp_path, change, message):
    direct = submitter(arguments())

    def submit(order, state, num_rounds):
        direct(dataclasses.replace(order, **change), state, num_rounds)

    with pytest.raises(EngineError, match=message) as raised:
        on_beam(tmp_path, Case(num_rounds=1), submit)
    assert str(raised.value).startswith("The Beam worker cannot work: on ")
    assert "\n" not in str(raised.value)
    assert evaluations(tmp_path) == {}
