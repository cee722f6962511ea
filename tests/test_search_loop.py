from __future__ import annotations

import dataclasses
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile_searches import LIMITS, Silent, hostile, search
from tuner_component.engines.base import Measured, Started
from tuner_component.evaluation import Outcome
from tuner_component.journal import LocalJournal
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import TrialState


def result(study: Study) -> list:
    """Returns what must be the same however often the search was cut short."""
    return [
        (
            trial.trial_id,
            trial.values,
            trial.seed,
            trial.state,
            trial.score,
            trial.error and trial.error.reason,
        )
        for trial in study.trials
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    study, _, _ = search(root)
    return study, next(root.glob("*-0"))


def test_every_kind_of_ending_is_in_the_search(undisturbed):
    study, _ = undisturbed
    assert set(study.counts) == set(TrialState) - {
        TrialState.PENDING,
        TrialState.PAUSED,
        TrialState.STOPPED,  # Only with curve_stopping.
    }
    assert study.counts[TrialState.COMPLETED] + study.counts[TrialState.FAILED] == 9
    assert {t.error.reason.value for t in study.trials if t.error} == {
        "user_error",
        "non_finite",
        "infeasible",
    }
    assert any(trial.num_attempts == 2 for trial in study.trials)


def test_a_finite_space_is_covered_once(tmp_path):
    study, engine, reason = search(
        tmp_path, lambda job: job.values["units"], limits=StudyLimits()
    )
    assert reason == "all 18 configurations were tried"
    assert len({tuple(t.values.items()) for t in study.trials}) == 18
    assert len(engine.evaluated) == 18


@pytest.mark.parametrize("num_slots", [2, 4])
def test_any_number_of_slots_tries_the_same(tmp_path, num_slots, undisturbed):
    study, _, _ = search(
        tmp_path,
        lambda job: job.values["units"],
        num_slots,
        limits=StudyLimits(max_trials=9),
    )
    one, _, _ = search(
        tmp_path / "1",
        lambda job: job.values["units"],
        limits=StudyLimits(max_trials=9),
    )
    assert result(study) == result(one)


@pytest.mark.parametrize("outcomes", ["kept", "lost"])
def test_resumed_from_every_record_it_ends_the_same(tmp_path, undisturbed, outcomes):
    study, folder = undisturbed
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for num_lines in range(1, len(lines) + 1):
        root = tmp_path / str(num_lines)
        shutil.copytree(folder, root / folder.name)
        (root / folder.name / "journal.jsonl").write_bytes(b"".join(lines[:num_lines]))
        if outcomes == "lost":
            shutil.rmtree(root / folder.name / "trials", ignore_errors=True)
        ended = b"".join(lines[:num_lines]).count(b'"type":"ended"')
        resumed, engine, _ = search(root)
        assert result(resumed) == result(study)
        evaluated = {job.trial_id for job in engine.evaluated}
        assert len(evaluated) <= len(study.trials) - ended


def test_interrupted_at_every_evaluation_it_ends_the_same(tmp_path, undisturbed):
    study, _ = undisturbed
    num_evaluations = itertools.count()

    def interrupted(job):
        if next(num_evaluations) % 2:
            raise KeyboardInterrupt
        return hostile(job)

    num_interrupts = 0
    while True:
        try:
            resumed, _, _ = search(tmp_path, interrupted)
            break
        except KeyboardInterrupt:
            num_interrupts += 1
    # Cut attempts do not die of "attempt 0", so those trials need no retry.
    assert num_interrupts > 5
    assert result(resumed) == result(study)


def test_max_trials_raised_goes_on_where_it_was(tmp_path, undisturbed):
    search(tmp_path, limits=dataclasses.replace(LIMITS, max_trials=4))
    study, _, reason = search(tmp_path)
    assert result(study) == result(undisturbed[0])
    assert reason == "max_trials=9 is reached"


def test_a_finished_search_runs_nothing(tmp_path):
    search(tmp_path)
    study, engine, reason = search(tmp_path)
    assert (engine.evaluated, reason) == ([], "max_trials=9 is reached")
    assert len(study.trials) > 9


def test_the_time_limit_cancels_and_leaves_trials_pending(tmp_path, undisturbed):
    seconds = itertools.count()
    study, engine, reason = search(
        tmp_path, num_slots=3, max_seconds=8.0, clock=lambda: float(next(seconds))
    )
    assert reason == "max_seconds=8 is over"
    pending = [t.trial_id for t in study.trials if t.state is TrialState.PENDING]
    assert 0 < len(pending) <= 3
    assert sorted(engine.cancelled) == pending
    again, engine, _ = search(tmp_path, num_slots=3)
    assert set(pending) <= {job.trial_id for job in engine.evaluated}
    assert again.done == "max_trials=9 is reached"


def test_the_engine_is_kept_full(tmp_path):
    _, engine, _ = search(tmp_path, lambda job: 1.0, num_slots=3)
    # Of three under way the last runs first, so the first two wait until the end.
    assert [job.trial_id for job in engine.evaluated][-2:] == ["0001", "0000"]


def test_the_observer_hears_everything_once_the_study_knows(tmp_path):
    known = []

    class Observer(Silent):
        def on_event(self, study, event):
            super().on_event(study, event)
            if isinstance(event, Outcome):
                trial = study.trials[int(event.trial_id)]
                known.append(trial.state.is_final)

    observer = Observer()
    search(tmp_path, lambda job: 1.0, observer=observer)
    kinds = [type(event) for event in observer.events]
    assert kinds == [Started, Measured, Outcome] * 9
    assert known == [True] * 9
    assert observer.num_ticks == 9


def test_only_the_best_keeps_its_files(tmp_path):
    def score(job):
        Path(job.folder, "weights").write_bytes(b"w")
        return job.values["units"]

    study, _, _ = search(tmp_path, score)
    (weights,) = tmp_path.glob("*/trials/*/weights")
    assert weights.parent.name == study.best.trial_id


DRIVER = """
import sys
from tests import hostile_searches

def score(job):
    print(job.trial_id, flush=True)
    return hostile_searches.hostile(job)

study, engine, reason = hostile_searches.search(sys.argv[1], score)
"""


def drive(root: Path, num_evaluations: int) -> tuple[bool, list[str]]:
    """Kills a driver after so many evaluations began, unless it ends before."""
    script = [sys.executable, "-c", DRIVER, str(root)]
    began = []
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            began.append(line.strip())
            if len(began) == num_evaluations:
                process.kill()
    return process.returncode == 0, began


def ended_on_record(root: Path) -> set[str]:
    """Returns the ids of the trials that have ended for good."""
    for journal in root.glob("*/journal.jsonl"):
        records = LocalJournal(journal).read()
        return {r["outcome"]["trial_id"] for r in records if r["type"] == "ended"}
    return set()


@pytest.mark.timeout(120)
def test_killed_again_and_again_it_ends_the_same(tmp_path, undisturbed):
    num_killed, has_ended = 0, False
    while not has_ended:
        ended = ended_on_record(tmp_path)
        has_ended, began = drive(tmp_path, num_evaluations=2)
        assert not ended & set(began)
        num_killed += not has_ended
    assert num_killed >= 3
    study, engine, _ = search(tmp_path)
    assert engine.evaluated == []
    assert result(study) == result(undisturbed[0])
