"""Trials that are paused and promoted, whatever dies in between."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.study.halving import Halving
from tests.study.studies import MIN, Place
from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import write_outcome
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Reason, TrialError, TrialState


def opened(home, strategy=None, **limits):
    return Study.open(
        Place(home.folder), strategy or Halving(), MIN, StudyLimits(**limits)
    )


def scored(job, loss=None):
    """The more it is trained the better, and the earlier of two trials."""
    loss = 10 + job.values["x"] - job.fidelity.value if loss is None else loss
    return Outcome(job.trial_id, job.attempt, metrics={"loss": loss})


def broken(job, reason=Reason.INFRASTRUCTURE):
    return Outcome(job.trial_id, job.attempt, error=TrialError(reason, "it broke"))


def finish(study):
    """Runs everything, two at a time; returns (trial, resource, attempt) of jobs."""
    ran = []
    while study.done is None:
        for job in study.ask(2):
            ran.append((job.trial_id, job.fidelity.value, job.attempt))
            study.tell(scored(job))
    return ran


def life(study):
    """What of the trials does not depend on how often the search was interrupted."""
    return [
        (t.trial_id, t.values, t.state, t.loss, t.fidelity, t.rungs)
        for t in study.trials
    ]


def test_the_better_half_goes_on_from_rung_to_rung(home):
    study = opened(home)
    ran = finish(study)
    assert [(trial, resource) for trial, resource, _ in ran] == [
        *[(f"000{n}", 1) for n in range(4)],
        ("0000", 3),
        ("0001", 3),
        ("0000", 9),
    ]
    assert [t.state.value for t in study.trials] == ["COMPLETED"] + 3 * ["PAUSED"]
    assert [r.resource for r in study.trials[0].rungs] == [1, 3, 9]
    assert [r.loss for r in study.trials[0].rungs] == [9, 7, 1]
    assert study.done == "one is left"


def test_a_promotion_is_on_disk_before_it_is_returned(home):
    study = opened(home)
    for job in study.ask(4):
        study.tell(scored(job))
    (job,) = study.ask(1)
    last = home.journal.read()[-1]
    assert (last["type"], last["trial_id"]) == ("promoted", job.trial_id)
    assert last["fidelity"] == {"kind": "epochs", "value": 3, "most": 9}
    trial = study.trials[0]
    assert (trial.state, trial.score, trial.loss) == (TrialState.PENDING, None, None)


def test_a_search_that_is_cut_anywhere_gives_the_same_trials(home, tmp_path):
    """After every record, and in the middle of it."""
    whole = opened(home)
    finish(whole)
    data = Path(home.folder, "journal.jsonl").read_bytes()
    ends = [n + 1 for n, byte in enumerate(data) if byte == ord("\n")]
    for number, end in enumerate(ends):
        for cut in (end, end - 5):
            place = Place(str(tmp_path / f"{number}-{end - cut}"))
            Path(place.folder).mkdir()
            Path(place.folder, "journal.jsonl").write_bytes(data[:cut])
            study = opened(place)
            finish(study)
            assert life(study) == life(whole)
            assert opened(place).trials == study.trials


def test_the_lower_rungs_outcome_never_passes_for_the_upper_ones(home):
    study = opened(home)
    for job in study.ask(4):
        write_outcome(job.folder, scored(job))
        study.tell(scored(job))
    study.ask(2)
    again = opened(home)
    assert [t.state.value for t in again.trials] == 2 * ["PENDING"] + 2 * ["PAUSED"]
    jobs = again.ask(2)
    assert [(job.fidelity.value, job.attempt) for job in jobs] == [(3, 2), (3, 2)]


def test_an_outcome_of_the_upper_rung_that_nobody_heard_is_told(home):
    study = opened(home)
    for job in study.ask(4):
        study.tell(scored(job))
    (job, _) = study.ask(2)
    write_outcome(job.folder, scored(job))
    trial = opened(home).trials[0]
    assert trial.state is TrialState.PAUSED
    assert [r.resource for r in trial.rungs] == [1, 3]


def test_a_failure_of_the_lower_rungs_attempt_is_late(home):
    study = opened(home)
    first = study.ask(4)
    for job in first:
        study.tell(scored(job))
    (job, _) = study.ask(2)
    assert study.tell(broken(first[0])).state is TrialState.PENDING
    assert study.tell(scored(job)).num_attempts == 2


@pytest.mark.parametrize("num_below", [0, 1, 2])
def test_a_trial_has_its_retries_over_all_rungs(home, num_below):
    study = opened(home, Halving(2), max_retries=2)
    (first, second) = study.ask(2)
    study.tell(scored(second))
    for _ in range(num_below):
        study.tell(broken(first))
        (first,) = study.ask(1)
    study.tell(scored(first))
    num_above = 0
    while study.trials[0].state is not TrialState.FAILED:
        (job,) = study.ask(1)
        assert (job.trial_id, job.fidelity.value) == ("0000", 3)
        num_above += 1
        study.tell(broken(job))
    assert num_above == 3 - num_below
    assert [r.resource for r in study.trials[0].rungs] == [1]


def test_a_trial_that_fails_when_promoted_is_no_winner(home):
    study = opened(home)
    while study.done is None:
        for job in study.ask(4):
            fails = job.trial_id == "0000" and job.fidelity.value == 3
            failure = broken(job, Reason.USER_ERROR)
            study.tell(failure if fails else scored(job))
    assert study.trials[0].state is TrialState.FAILED
    assert study.best.trial_id == "0001"


def test_paused_trials_are_promoted_after_max_trials(home):
    study = opened(home, Halving(4), max_trials=4)
    finish(study)
    assert study.trials[0].state is TrialState.COMPLETED
    assert len(study.trials) == 4


def test_max_trials_ends_what_begins_more(home):
    study = opened(home, Halving(4), max_trials=3)
    finish(study)
    assert len(study.trials) == 3
    assert study.done == "max_trials=3 is reached"


def test_an_infeasible_trial_is_replaced(home):
    study = opened(home, max_trials=4)
    (first, *_) = study.ask(4)
    study.tell(broken(first, Reason.INFEASIBLE))
    for number in (1, 2, 3):
        job = dataclasses.replace(first, trial_id=f"000{number}", values={"x": number})
        study.tell(scored(job))
    finish(study)
    assert [t.trial_id for t in study.trials] == [f"000{n}" for n in range(5)]
    assert study.best.trial_id == "0001"
    assert study.best.state is TrialState.COMPLETED


def test_the_winner_has_completed_then_been_trained_most(home):
    study = opened(home)
    for job in study.ask(4):
        study.tell(scored(job))
    assert study.best.trial_id == "0000"
    first, second = study.ask(2)
    study.tell(scored(second, loss=50.0))
    assert study.best.trial_id == "0001"  # Trained longer, though its loss is worse.
    study.tell(scored(first, loss=49.0))
    (last,) = study.ask(1)
    study.tell(scored(last, loss=99.0))
    assert (study.best.trial_id, study.best.state.value) == ("0000", "COMPLETED")


def files(study, name="training_state.npz"):
    return [
        t.number
        for t in study.trials
        if Path(study.folder_of(t.trial_id), name).exists()
    ]


@pytest.mark.parametrize(
    ("keeps", "kept"),
    [(None, [0, 1, 2, 3]), (lambda history: {"0001"}, [0, 1])],
)
def test_paused_trials_keep_their_state_while_it_is_needed(home, keeps, kept):
    study = opened(home, Halving(4, keeps))
    for job in study.ask(4):
        Path(job.folder, "training_state.npz").write_bytes(b"state")
        write_outcome(job.folder, scored(job))
        study.tell(scored(job))
    study.prune_checkpoints()
    assert files(study) == kept
    assert files(study, "outcome.json") == [0, 1, 2, 3]


def test_a_promoted_trial_is_pruned_again_when_it_fell_behind(home):
    strategy = Halving(4, lambda history: ())
    study = opened(home, strategy)
    for job in study.ask(4):
        study.tell(scored(job))
    study.prune_checkpoints()
    first, second = study.ask(2)
    for job in (first, second):
        Path(job.folder, "training_state.npz").write_bytes(b"state")
    study.prune_checkpoints()
    assert files(study) == [0, 1]  # Both are under way.
    study.tell(scored(first))
    study.tell(scored(second))
    study.prune_checkpoints()
    assert files(study) == [0]
