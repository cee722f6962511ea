"""What a study proposes round by round, without Beam."""

from __future__ import annotations

import json

import pytest

from tests.engines.beam_searches import LOSS, make_strategy
from tuner_component import study_rounds
from tuner_component.engines.beam.memo import Memo, first_of_each, unheard
from tuner_component.engines.beam.order import Proposed
from tuner_component.engines.beam.state import State, read_ticket, tickets
from tuner_component.evaluation import Job, Outcome
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Fidelity, Reason, TrialError, TrialState

ROUND = "pipeline/00000"
DIED = TrialError(Reason.INFRASTRUCTURE, "the worker died")


@pytest.fixture
def opened(tmp_path):
    """An open study, and what makes its rounds."""
    with study_home.open_home(str(tmp_path), {"search": 1}) as home:
        strategy = make_strategy("random", {})
        limits = StudyLimits(max_trials=5, max_retries=1, seed=7)
        study = Study.open(home, strategy, LOSS, limits)

        def make(round_size=2, ends_at=None):
            settings = study_rounds.settings(
                home.folder,
                "tests.engines.beam_searches:make_strategy",
                {"name": "random", "options": {}},
                study,
                round_size,
                ends_at,
            )
            return study_rounds.StudyRounds(**json.loads(json.dumps(settings)))

        yield study, home.journal.read(), make


def _outcome(job, **more):
    return Outcome(job.trial_id, job.attempt, {"loss": 1.0}, **more)


def test_rounds_follow_from_the_records_alone(opened):
    study, records, make = opened
    numbers, outcomes = [], []
    while True:
        proposed = make().advance(records, outcomes)
        records += proposed.records
        study.follow(proposed.records)
        if proposed.done:
            break
        numbers.append([job.trial_id for job in proposed.jobs])
        outcomes = [_outcome(job) for job in proposed.jobs]
    assert numbers == [["0000", "0001"], ["0002", "0003"], ["0004"]]
    assert proposed.done == "max_trials=5 is reached"
    assert study.counts == {TrialState.COMPLETED: 5}
    values = make_strategy("random", {}).propose([], 5)
    assert [t.values for t in study.trials] == [action.values for action in values]


def test_a_dead_worker_costs_an_attempt_and_what_was_not_run_costs_none(opened):
    study, records, make = opened
    attempts = []
    outcomes = []
    for _ in range(3):
        proposed = make().advance(records, outcomes)
        records += proposed.records
        study.follow(proposed.records)
        died, _ = proposed.jobs
        attempts.append([(job.trial_id, job.attempt) for job in proposed.jobs])
        outcomes = [_outcome(died, error=DIED)]
    assert [trial_id for trial_id, _ in attempts[1]] == ["0000", "0001"]
    assert [trial_id for trial_id, _ in attempts[2]] == ["0001", "0002"]
    assert study.trials[0].state is TrialState.FAILED
    assert study.trials[0].num_attempts == 2
    assert study.trials[1].num_attempts == 0


def test_nothing_begins_after_the_end_of_the_time(opened):
    _, records, make = opened
    proposed = make(ends_at=1.0).advance(records, [])
    assert (list(proposed.jobs), proposed.done) == ([], "max_seconds is over")


def _job(trial_id="0000", **more):
    return Job(trial_id, {"x": 1}, 3, 0, "/somewhere", "loss", "min", **more)


def test_an_outcome_belongs_to_what_was_run(tmp_path):
    memo = Memo(str(tmp_path))
    job = _job()
    memo.keep(ROUND, job, _outcome(job))
    memo.keep(ROUND, _job("0001"), _outcome(_job("0001"), error=DIED))
    again = Job("0000", {"x": 1}, 3, 4, "/elsewhere", "loss", "min")
    assert Memo(str(tmp_path)).outcome(again) == _outcome(job)
    assert memo.outcome(_job(fidelity=Fidelity("epochs", 3, 9))) is None
    assert memo.outcome(Job("0000", {"x": 2}, 3, 0, "", "loss", "min")) is None
    assert memo.outcome(_job("0001")) is None


def test_an_outcome_that_cannot_be_read_is_none(tmp_path):
    memo = Memo(str(tmp_path))
    memo.keep(ROUND, _job(), _outcome(_job()))
    (file,) = (tmp_path / "beam" / "outcomes").iterdir()
    file.write_text("[1")
    assert memo.outcome(_job()) is None


def test_a_job_of_a_round_is_taken_once(tmp_path):
    memo = Memo(str(tmp_path))
    assert not memo.is_claimed("pipeline/00000", _job())
    claims = [Memo(str(tmp_path)).claim("pipeline/00000", _job()) for _ in range(3)]
    assert claims == [True, False, False]
    assert memo.is_claimed("pipeline/00000", _job())
    assert memo.claim("pipeline/00001", _job())


def test_state_and_tickets_are_json_and_back():
    jobs = (_job(), _job("0001", fidelity=Fidelity("epochs", 3, 9)))
    state = State("pipeline", 3, [{"type": "study"}], jobs)
    assert State.from_json(state.to_json()) == state
    read = [read_ticket(text) for text in tickets(state.to_json())]
    assert [ticket.job for ticket in read] == list(jobs)
    assert [ticket.round_name for ticket in read] == ["pipeline/00003"] * 2
    assert [ticket.index for ticket in read] == [0, 1]


def test_a_round_begins_as_it_was_first_written(tmp_path):
    memo = Memo(str(tmp_path))
    proposed = Proposed([{"type": "proposed"}], [_job()], failure="x")
    assert memo.begun("pipeline/00000") is None
    memo.begin("pipeline/00000", proposed)
    assert memo.begun("pipeline/00000") == proposed


def test_what_a_worker_left_is_heard(tmp_path):
    memo = Memo(str(tmp_path))
    jobs = [_job(f"000{i}") for i in range(4)]
    state = State("pipeline", 0, [], jobs)
    for job in jobs[:3]:
        memo.claim("pipeline/00000", job)
    memo.keep(ROUND, jobs[0], _outcome(jobs[0]))
    ended = {o.trial_id: o.error for o in unheard(memo, state, {"0001"})}
    assert list(ended) == ["0000", "0002"]
    assert ended["0000"] is None
    assert ended["0002"].reason is Reason.INFRASTRUCTURE
    memo.keep(ROUND, jobs[2], _outcome(jobs[2], error=DIED))
    (_, died) = unheard(memo, state, {"0001"})
    assert died.error == DIED
    assert memo.death("pipeline/00001", jobs[2]) is None
    memo.forget("pipeline")
    assert not memo.is_claimed("pipeline/00000", jobs[2])
    assert memo.outcome(jobs[0]) is not None


def test_of_two_reports_the_one_with_a_score_counts():
    job = _job()
    dead, scored = _outcome(job, error=DIED), _outcome(job)
    other = _outcome(_job("0001"))
    assert first_of_each([other, dead, scored, dead]) == [scored, other]
