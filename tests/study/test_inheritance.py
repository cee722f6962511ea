"""Trials that begin with the weights of others, and what is kept for them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.study.studies import MIN, Place
from tuner_component.errors import TunerError
from tuner_component.evaluation import Outcome
from tuner_component.search_space import Int, SearchSpace
from tuner_component.strategies.base import Suggest
from tuner_component.strategies.evolution import Evolution
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Inheritance, TrialState

SPACE = SearchSpace([Int("a", 0, 99), Int("b", 0, 99)])


def opened(home, strategy=None, **limits):
    strategy = strategy or Evolution(
        SPACE, 0, population_size=3, sample_size=2, inherit_weights=True
    )
    limits = StudyLimits(max_trials=14, **limits)
    return Study.open(Place(home.folder), strategy, MIN, limits)


def weights(folder):
    return Path(folder) / "training_state.npz"


def run(job):
    """Leaves weights, as a worker does; needs those of the parent."""
    if job.parent_folder:
        assert weights(job.parent_folder).exists()
    assert job.inheritance is not None
    weights(job.folder).write_text(job.trial_id)
    loss = float(job.values["a"] + job.values["b"])
    return Outcome(job.trial_id, job.attempt, metrics={"loss": loss})


def finish(study, count=2):
    while study.done is None:
        for job in study.ask(count):
            study.tell(run(job))
            study.prune_checkpoints()


def holders(study):
    folders = {t.trial_id: study.folder_of(t.trial_id) for t in study.trials}
    return {name for name, folder in folders.items() if weights(folder).exists()}


def test_the_parents_weights_are_there_until_nobody_needs_them(home):
    study = opened(home)
    finish(study)
    parents = [t.inheritance.parent for t in study.trials]
    assert parents[:3] == [None] * 3
    assert all(parents[4:])
    assert holders(study) == {study.best.trial_id, "0011", "0012", "0013"}


def test_a_pending_trial_keeps_its_parent_over_a_restart(home):
    study = opened(home)
    while len(study.trials) < 10:
        for job in study.ask(1):
            study.tell(run(job))
            study.prune_checkpoints()
    (waiting,) = study.ask(1)
    again = opened(home)
    for _ in range(4):
        waits, *others = again.ask(2)
        assert waits == dataclasses.replace(waiting, attempt=waits.attempt)
        for job in others:
            again.tell(run(job))
        again.prune_checkpoints()
        again.release([waits.trial_id])
    assert weights(waiting.parent_folder).exists()
    again.tell(run(waits))


def test_a_search_that_is_cut_anywhere_has_the_same_parents(home, tmp_path):
    whole = opened(home)
    finish(whole, count=1)
    lives = [(t.values, t.loss, t.inheritance) for t in whole.trials]
    for end in (3, 7, 10):
        place = Place(str(tmp_path / f"cut{end}"))
        first = opened(place)
        while len(first.trials) < end:
            for job in first.ask(1):
                first.tell(run(job))
        first.ask(1)  # is cut
        again = opened(place)
        finish(again, count=1)
        assert [(t.values, t.loss, t.inheritance) for t in again.trials] == lives


def test_the_journal_says_who_the_parent_is(home):
    finish(opened(home))
    proposed = [r["trial"] for r in home.journal.read() if r["type"] == "proposed"]
    assert proposed[0]["inheritance"] == {}
    assert proposed[9]["inheritance"]["parent"] in {f"{n:04d}" for n in range(9)}


class Once:
    """Proposes one trial with a parent of its choice."""

    def __init__(self, parent, first=None):
        self.parent, self.first = parent, first

    def propose(self, history, count):
        if not history:
            return [Suggest({"a": 0, "b": 0}, inheritance=self.first)]
        return [Suggest({"a": 1, "b": 1}, inheritance=Inheritance(self.parent))]


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (Once("0007"), "inherit from '0007', which is unknown"),
        (Once("0000"), "'0000', which is one that leaves no weights"),
    ],
)
def test_one_that_leaves_no_weights_is_no_parent(home, strategy, message):
    study = opened(home, strategy)
    (job,) = study.ask(1)
    study.tell(Outcome(job.trial_id, 0, metrics={"loss": 1.0}))
    with pytest.raises(TunerError, match=message):
        study.ask(1)


def test_one_that_still_runs_is_no_parent(home):
    study = opened(home, Once("0000", Inheritance()))
    study.ask(1)
    assert study.trials[0].state is TrialState.PENDING
    with pytest.raises(TunerError, match="which is PENDING; expected one"):
        study.ask(1)
