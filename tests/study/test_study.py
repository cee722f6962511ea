from __future__ import annotations

import dataclasses
import functools
import json
import math
from pathlib import Path

import pytest

from tuner_component.errors import JournalError, StudyMismatchError, TunerError
from tuner_component.evaluation import Outcome
from tuner_component.journal import open_journal
from tuner_component.outcome_file import write_outcome
from tuner_component.strategies.base import Done, Suggest, Wait
from tuner_component.study import Limits, Study
from tuner_component.study.policy import MAX_INFEASIBLE_IN_A_ROW
from tuner_component.trial import (
    Fidelity,
    Measurement,
    Objective,
    Reason,
    TrialError,
    TrialState,
)

MAX = Objective("score", "max")
HEADER = {"space": "a", "code": "b"}


class Counting:
    """Proposes x = 0, 1, 2, ... and ends after `size`; may protect trials."""

    def __init__(self, size: int = 1000, keeps: tuple[str, ...] = ()) -> None:
        self.size = size
        self.keeps = lambda history: set(keeps)
        self.asked: list[tuple[int, int]] = []

    def propose(self, history, count):
        self.asked.append((len(history), count))
        end = min(len(history) + count, self.size)
        new = [Suggest({"x": number}) for number in range(len(history), end)]
        return [*new, Done(f"all {self.size}")] if end == self.size else new


class Scripted:
    """Returns the same actions whenever it is asked."""

    def __init__(self, *actions) -> None:
        self.actions = actions

    def propose(self, history, count):
        return self.actions


class Waiting:
    """Proposes one trial at a time."""

    def __init__(self) -> None:
        self.num_asked = 0

    def propose(self, history, count):
        self.num_asked += 1
        is_busy = any(not trial.state.is_final for trial in history)
        return [Wait()] if is_busy else [Suggest({"x": len(history)}), Wait()]


@dataclasses.dataclass(frozen=True)
class Place:
    """A study's home without a lock."""

    folder: str
    header: dict = dataclasses.field(default_factory=lambda: dict(HEADER))

    @functools.cached_property
    def journal(self):
        return open_journal(self.folder)


@pytest.fixture
def home(tmp_path):
    return Place(str(tmp_path / "study"))


def opened(home, strategy=None, objective=MAX, **limits) -> Study:
    return Study.open(home, strategy or Counting(), objective, Limits(**limits))


def scored(job, score=1.0, **fields) -> Outcome:
    return Outcome(job.trial_id, job.attempt, metrics={"score": score}, **fields)


def failed(job, reason=Reason.USER_ERROR, message="it broke") -> Outcome:
    return Outcome(job.trial_id, job.attempt, error=TrialError(reason, message))


def states(study: Study) -> list[str]:
    return [trial.state.value for trial in study.trials]


class TestAsk:
    def test_jobs_are_numbered_and_have_their_folders(self, home):
        jobs = opened(home).ask(3)
        assert [job.trial_id for job in jobs] == ["0000", "0001", "0002"]
        assert [job.values for job in jobs] == [{"x": 0}, {"x": 1}, {"x": 2}]
        assert [job.attempt for job in jobs] == [0, 0, 0]
        assert {(job.objective, job.direction) for job in jobs} == {("score", "max")}
        for job in jobs:
            assert Path(job.folder) == Path(home.folder) / "trials" / job.trial_id
            assert Path(job.folder).is_dir()

    def test_proposals_are_on_disk_before_they_are_returned(self, home):
        jobs = opened(home).ask(2)
        records = home.journal.read()
        assert [r["trial"]["trial_id"] for r in records if r["type"] == "proposed"] == [
            job.trial_id for job in jobs
        ]

    def test_seeds_depend_on_the_study_and_the_number(self, home, tmp_path):
        seeds = [job.seed for job in opened(home, seed=0).ask(20)]
        again = opened(Place(str(tmp_path / "2")), seed=0).ask(20)
        other = opened(Place(str(tmp_path / "3")), seed=1).ask(20)
        assert len(set(seeds)) == 20
        assert all(0 <= seed < 2**31 for seed in seeds)
        assert seeds == [job.seed for job in again]
        assert not set(seeds) & {job.seed for job in other}

    def test_fidelity_and_note_reach_the_job(self, home):
        action = Suggest({"x": 1}, Fidelity("epochs", 3), {"rung": 1})
        (job,) = opened(home, Scripted(action)).ask(1)
        assert job.fidelity == Fidelity("epochs", 3)
        assert job.note == {"rung": 1}

    def test_max_trials_bounds_what_is_proposed(self, home):
        strategy = Counting()
        study = opened(home, strategy, max_trials=3)
        assert len(study.ask(2)) == 2
        assert len(study.ask(2)) == 1
        assert study.ask(2) == []
        assert strategy.asked == [(0, 2), (2, 1)]

    def test_a_strategy_that_returns_too_many_is_cut_off(self, home):
        study = opened(home, Scripted(*[Suggest({"x": n}) for n in range(5)]))
        assert len(study.ask(2)) == 2
        assert len(study.trials) == 2

    def test_a_strategy_that_waits_is_asked_again_when_a_trial_ended(self, home):
        strategy = Waiting()
        study = opened(home, strategy)
        (job,) = study.ask(4)
        assert study.ask(3) == study.ask(3) == []
        assert strategy.num_asked == 1
        study.tell(scored(job))
        assert len(study.ask(4)) == 1

    @pytest.mark.parametrize("actions", [(), (Wait(),)])
    def test_a_strategy_that_waits_for_nothing_is_named(self, home, actions):
        with pytest.raises(TunerError, match="The strategy Scripted waits"):
            opened(home, Scripted(*actions)).ask(1)


class TestTell:
    def test_a_completed_trial_has_all_of_its_outcome(self, home):
        study = opened(home)
        (job,) = study.ask(1)
        trial = study.tell(
            Outcome(
                job.trial_id,
                0,
                metrics={"score": 0.5, "loss": math.nan},
                measurements=(Measurement(1, {"score": 0.5}, 0.1),),
                started_at=12.5,
                duration_seconds=3.0,
                worker="w1",
                report={"epochs": [1, 2]},
            )
        )
        assert (trial.state, trial.score, trial.loss) == ("COMPLETED", 0.5, -0.5)
        assert math.isnan(trial.metrics["loss"])
        assert trial.measurements == (Measurement(1.0, {"score": 0.5}, 0.1),)
        assert (trial.started_at, trial.duration_seconds) == (12.5, 3.0)
        assert (trial.worker, trial.report) == ("w1", {"epochs": [1, 2]})
        assert (trial.num_attempts, trial.error) == (1, None)
        assert study.trials == (trial,)

    @pytest.mark.parametrize("direction", ["min", "max"])
    def test_the_best_follows_the_direction_and_the_earlier_of_equals(
        self, home, direction
    ):
        study = opened(home, objective=Objective("score", direction))
        for job, score in zip(study.ask(5), [2.0, 1.0, 3.0, 1.0, 3.0], strict=True):
            study.tell(scored(job, score))
        assert study.best.number == {"min": 1, "max": 2}[direction]

    @pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, None])
    def test_what_is_not_finite_has_failed(self, home, score):
        study = opened(home)
        (job,) = study.ask(1)
        trial = study.tell(scored(job, score) if score else Outcome(job.trial_id, 0))
        assert trial.state is TrialState.FAILED
        assert trial.error.reason is Reason.NON_FINITE
        assert (trial.score, trial.loss, study.best) == (None, None, None)

    @pytest.mark.parametrize(
        "reason",
        [
            Reason.USER_ERROR,
            Reason.NON_FINITE,
            Reason.TIMEOUT,
            Reason.OUT_OF_MEMORY,
        ],
    )
    def test_a_failure_is_final(self, home, reason):
        study = opened(home, max_trials=1, max_retries=5)
        (job,) = study.ask(1)
        trial = study.tell(failed(job, reason))
        assert trial.state is TrialState.FAILED
        assert study.first_error == TrialError(reason, "it broke")
        assert study.ask(1) == []
        assert study.done == "max_trials=1 is reached"

    @pytest.mark.parametrize("max_retries", [0, 2])
    def test_infrastructure_is_retried_so_often(self, home, max_retries):
        study = opened(home, max_trials=1, max_retries=max_retries)
        attempts = []
        while study.done is None:
            (job,) = study.ask(1)
            attempts.append((job.trial_id, job.attempt, job.values, job.seed))
            study.tell(failed(job, Reason.INFRASTRUCTURE))
        assert attempts == [
            ("0000", n, {"x": 0}, attempts[0][3]) for n in range(max_retries + 1)
        ]
        assert states(study) == ["FAILED"]
        assert study.trials[0].num_attempts == max_retries + 1

    def test_a_retry_that_works_completes_the_trial(self, home):
        study = opened(home, max_trials=1)
        study.tell(failed(study.ask(1)[0], Reason.INFRASTRUCTURE))
        trial = study.tell(scored(study.ask(1)[0]))
        assert (trial.state, trial.num_attempts) == (TrialState.COMPLETED, 2)
        assert opened(home).trials == study.trials

    def test_infeasible_trials_do_not_count(self, home):
        study = opened(home, max_trials=2)
        for job in study.ask(2):
            trial = study.tell(failed(job, Reason.INFEASIBLE))
            assert trial.state is TrialState.INFEASIBLE
        for job in study.ask(9):
            study.tell(scored(job))
        assert states(study) == ["INFEASIBLE"] * 2 + ["COMPLETED"] * 2
        assert study.done == "max_trials=2 is reached"
        assert study.first_error is None

    def test_an_outcome_counts_once(self, home):
        study = opened(home)
        (job,) = study.ask(1)
        first = study.tell(scored(job, 1.0))
        num_records = len(home.journal.read())
        assert study.tell(scored(job, 2.0)) == study.tell(failed(job)) == first
        assert len(home.journal.read()) == num_records

    def test_a_failure_of_an_attempt_that_is_over_is_ignored(self, home):
        study = opened(home, max_retries=1)
        (first,) = study.ask(1)
        study.tell(failed(first, Reason.INFRASTRUCTURE))
        (second,) = study.ask(1)
        assert second.trial_id == first.trial_id
        study.tell(failed(first, Reason.INFRASTRUCTURE))
        assert study.tell(scored(second)).num_attempts == 2

    def test_an_unknown_trial_is_an_error(self, home):
        with pytest.raises(ValueError, match="'0007'"):
            opened(home).tell(Outcome("0007", 0))


class TestDone:
    def test_a_strategy_that_is_done(self, home):
        study = opened(home, Counting(2))
        jobs = study.ask(5)
        assert len(jobs) == 2
        assert study.done is None
        for job in jobs:
            study.tell(scored(job))
        assert study.ask(1) == []
        assert study.done == "all 2"

    def test_failures_in_a_row(self, home):
        study = opened(home, max_consecutive_failures=2)
        first, second, third, fourth = study.ask(4)
        study.tell(failed(first))
        study.tell(scored(second))
        study.tell(failed(third))
        (fifth,) = study.ask(1)
        study.tell(failed(fourth))
        assert study.ask(1) == []
        assert study.done is None
        study.tell(failed(fifth))
        assert study.done == "3 trials in a row failed"
        assert study.first_error is study.trials[0].error

    def test_another_session_gives_failures_another_chance(self, home):
        study = opened(home, max_consecutive_failures=1)
        study.tell(failed(study.ask(1)[0]))
        assert study.done is not None
        assert opened(home, max_consecutive_failures=1).done is None

    def test_nothing_but_infeasible_configurations(self, home):
        study = opened(home, max_trials=1)
        num_tried = 0
        while study.done is None:
            (job,) = study.ask(1)
            study.tell(failed(job, Reason.INFEASIBLE))
            num_tried += 1
        assert num_tried == MAX_INFEASIBLE_IN_A_ROW
        assert study.done == f"{num_tried} configurations in a row were infeasible"

    def test_max_trials_raised_goes_on(self, home):
        study = opened(home, max_trials=2)
        for job in study.ask(2):
            study.tell(scored(job, job.values["x"]))
        study.finish(study.done)
        assert opened(home, max_trials=2).ask(1) == []
        study = opened(home, max_trials=4)
        assert [job.trial_id for job in study.ask(9)] == ["0002", "0003"]
        assert [t.score for t in study.trials] == [0.0, 1.0, None, None]


class TestResume:
    def test_trials_are_what_they_were(self, home):
        study = opened(home, Scripted(Suggest({"x": 1, "y": 0.1, "z": True, "s": "é"})))
        for score in (0.1, math.nan):
            study.tell(scored(study.ask(1)[0], score, report={"a": [1, None]}))
        study.ask(1)
        again = opened(home)
        assert again.trials == study.trials
        assert again.counts == {"COMPLETED": 1, "FAILED": 1, "PENDING": 1}

    def test_what_was_under_way_runs_again_first(self, home):
        jobs = opened(home).ask(2)
        again = opened(home)
        assert again.done is None
        repeated = again.ask(3)
        assert [job.trial_id for job in repeated] == ["0000", "0001", "0002"]
        for old, new in zip(jobs, repeated, strict=False):
            assert dataclasses.replace(old, attempt=1) == new
        assert again.ask(1)[0].trial_id == "0003"

    def test_attempts_cut_short_are_no_failures(self, home):
        for _ in range(5):
            (job,) = opened(home, max_trials=1, max_retries=1).ask(1)
        study = opened(home, max_trials=1, max_retries=1)
        (job,) = study.ask(1)
        assert job.attempt == 5
        study.tell(failed(job, Reason.INFRASTRUCTURE))
        (job,) = study.ask(1)
        assert job.attempt == 6
        assert study.tell(scored(job)).num_attempts == 2

    def test_an_outcome_that_nobody_heard_is_told(self, home):
        jobs = opened(home).ask(3)
        write_outcome(jobs[0].folder, scored(jobs[0], 0.25))
        write_outcome(jobs[1].folder, failed(jobs[1]))
        write_outcome(jobs[2].folder, scored(jobs[0], 9.0))
        study = opened(home)
        assert states(study) == ["COMPLETED", "FAILED", "PENDING"]
        assert study.trials[0].score == 0.25
        assert [job.trial_id for job in study.ask(1)] == ["0002"]
        assert opened(home).trials == study.trials

    def test_a_worker_that_died_after_writing_its_outcome_has_done_its_work(self, home):
        study = opened(home)
        (job,) = study.ask(1)
        write_outcome(job.folder, scored(job, 0.25))
        trial = study.tell(failed(job, Reason.INFRASTRUCTURE))
        assert (trial.state, trial.score) == (TrialState.COMPLETED, 0.25)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"trial_id": "0000"}', "null"])
    def test_a_damaged_outcome_is_run_again(self, home, text):
        (job,) = opened(home).ask(1)
        Path(job.folder, "outcome.json").write_text(text)
        assert opened(home).ask(1)[0].trial_id == "0000"

    def test_an_outcome_without_its_proposal_is_discarded(self, home):
        (job,) = opened(home).ask(1)
        write_outcome(job.folder, scored(job))
        journal = Path(home.folder, "journal.jsonl")
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:-1]))
        opened(home).ask(1)
        assert states(opened(home)) == ["PENDING"]

    def test_records_of_the_future_are_passed_over(self, home):
        study = opened(home)
        study.tell(scored(study.ask(1)[0]))
        home.journal.append({"type": "from_the_future", "at": 1.0, "what": []})
        home.journal.append({})
        assert opened(home).trials == study.trials

    def test_a_newer_form_is_refused(self, home):
        home.journal.append({"type": "study", "version": 2, "header": HEADER, "at": 1})
        with pytest.raises(StudyMismatchError, match="version 2; expected at most 1"):
            opened(home)

    def test_another_identity_is_refused(self, home):
        opened(home)
        with pytest.raises(StudyMismatchError, match="another search"):
            opened(Place(home.folder, {"space": "x"}))

    def test_a_journal_of_something_else_is_refused(self, home):
        home.journal.append({"type": "other"})
        with pytest.raises(StudyMismatchError, match="'other'"):
            opened(home)

    def test_a_second_writer_is_noticed(self, home):
        first = opened(home)
        opened(Place(home.folder))
        with pytest.raises(JournalError, match="Somebody else has written"):
            first.ask(1)


class TestRecords:
    def test_what_is_on_record(self, home):
        study = Study.open(
            home, Counting(1), MAX, Limits(max_trials=7), {"a": 1}, clock=lambda: 5.0
        )
        (job,) = study.ask(1)
        study.tell(failed(job, Reason.INFRASTRUCTURE))
        study.tell(scored(study.ask(1)[0]))
        study.finish("all 1")
        records = home.journal.read()
        assert [record["type"] for record in records] == [
            "study",
            "session",
            "proposed",
            "attempt_failed",
            "ended",
            "finished",
        ]
        assert {record["at"] for record in records} == {5.0}
        assert records[0]["header"] == HEADER
        assert records[1]["limits"] == {"max_trials": 7}
        assert records[1]["options"] == {"a": 1}
        assert "numpy" in records[1]["versions"]
        assert records[3]["outcome"]["error"]["reason"] == "infrastructure"
        assert records[4]["state"] == "COMPLETED"
        assert records[5]["reason"] == "all 1"


class TestPruning:
    def run(self, home, scores, strategy=None, **limits) -> Study:
        study = opened(home, strategy, **limits)
        for job, score in zip(study.ask(len(scores)), scores, strict=True):
            Path(job.folder, "weights").mkdir()
            Path(job.folder, "weights", "w.h5").write_bytes(b"w")
            Path(job.folder, "model.keras").write_bytes(b"m")
            if score is not None:
                write_outcome(job.folder, scored(job, score))
                study.tell(scored(job, score))
        study.prune_checkpoints()
        return study

    def kept(self, study) -> list[int]:
        return [
            trial.number
            for trial in study.trials
            if Path(study.folder_of(trial.trial_id), "weights", "w.h5").exists()
        ]

    @pytest.mark.parametrize(("keep", "kept"), [(1, [1, 4]), (2, [1, 3, 4])])
    def test_the_best_and_the_live_keep_their_files(self, home, keep, kept):
        scores = [1.0, 5.0, math.nan, 4.0, None]
        study = self.run(home, scores, keep_checkpoints=keep)
        assert self.kept(study) == kept
        for trial in study.trials[:4]:
            outcome = Path(study.folder_of(trial.trial_id), "outcome.json")
            assert json.loads(outcome.read_text())["trial_id"] == trial.trial_id

    def test_a_strategy_protects_what_it_needs(self, home):
        study = self.run(home, [1.0, 2.0, 3.0], Counting(keeps=("0000",)))
        assert self.kept(study) == [0, 2]

    def test_a_trial_that_is_overtaken_loses_its_files(self, home):
        study = self.run(home, [1.0])
        assert self.kept(study) == [0]
        (job,) = study.ask(1)
        Path(job.folder, "weights").mkdir()
        Path(job.folder, "weights", "w.h5").write_bytes(b"w")
        study.tell(scored(job, 2.0))
        study.prune_checkpoints()
        assert self.kept(study) == [1]
        assert not Path(study.folder_of("0000"), "model.keras").exists()


def test_a_disk_that_is_full_is_an_error_and_loses_nothing(home, monkeypatch):
    study = opened(home)
    (job,) = study.ask(1)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", fail)
        with pytest.raises(JournalError, match="No space left"):
            study.tell(scored(job))
    assert states(study) == ["PENDING"]
