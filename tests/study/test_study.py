from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.study.studies import (
    Counting,
    Place,
    Scripted,
    Waiting,
    failed,
    opened,
    scored,
    states,
)
from tuner_component.errors import TunerError
from tuner_component.evaluation import Outcome
from tuner_component.strategies.base import Suggest, Wait
from tuner_component.study.policy import MAX_INFEASIBLE_IN_A_ROW
from tuner_component.trial import (
    Fidelity,
    Measurement,
    Objective,
    Reason,
    TrialError,
    TrialState,
)


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
        assert trial.error == TrialError(reason, "it broke")
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
