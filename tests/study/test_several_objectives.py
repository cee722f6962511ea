"""A study with two objectives."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from tests.study.studies import Counting, Place
from tuner_component.evaluation import Outcome
from tuner_component.strategies.base import Promote, Suggest
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Fidelity, Objective, Reason, TrialState

_BOTH = (Objective("score", "max"), Objective("size", "min"))
_SCORES = [(0.9, 90.0), (0.8, 30.0), (0.1, 10.0), (0.1, 99.0)]
"""All but the last are not dominated; the second is the compromise."""


def _opened(folder, strategy=None, objectives=_BOTH, **limits):
    home = Place(str(folder / "study"))
    return Study.open(home, strategy or Counting(), objectives, StudyLimits(**limits))


def _outcome(job, score, size):
    return Outcome(job.trial_id, job.attempt, metrics={"score": score, "size": size})


def _searched(folder, **limits):
    study = _opened(folder, **limits)
    for job, scores in zip(study.ask(len(_SCORES)), _SCORES, strict=True):
        (Path(job.folder) / "weights").write_text("")
        study.tell(_outcome(job, *scores))
    return study


def test_every_objective_is_a_loss_and_the_first_is_the_score(tmp_path):
    study = _searched(tmp_path)
    assert [t.losses for t in study.trials] == [(-a, b) for a, b in _SCORES]
    assert [t.score for t in study.trials] == [score for score, _ in _SCORES]
    assert {(j.objective, j.direction) for j in study.ask(2)} == {("score", "max")}


def test_the_compromise_is_the_best_also_after_a_restart_and_weights_choose(tmp_path):
    assert _searched(tmp_path).best.number == 1
    assert _opened(tmp_path).best.number == 1
    heavy = Objective("score", "max", weight=1000.0)
    assert _opened(tmp_path, objectives=(heavy, _BOTH[1])).best.number == 0


def test_the_pareto_set_keeps_its_files(tmp_path):
    study = _searched(tmp_path, keep_checkpoints=1)
    study.prune_checkpoints()
    kept = sorted(path.parent.name for path in tmp_path.glob("study/trials/*/weights"))
    assert kept == ["0000", "0001", "0002"]


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ({"score": 1.0, "size": math.nan}, r"'size' is nan; expected a finite number"),
        (
            {"score": 1.0, "sizes": 3.0},
            r"'size' is None.*reported \['score', 'sizes'\]",
        ),
    ],
)
def test_every_objective_must_be_finite(tmp_path, metrics, message):
    study = _opened(tmp_path)
    (job,) = study.ask(1)
    trial = study.tell(Outcome(job.trial_id, job.attempt, metrics=metrics))
    assert trial.state is TrialState.FAILED
    assert trial.error.reason is Reason.NON_FINITE
    assert re.search(message, trial.error.message)
    assert trial.losses == ()


class _Promoting:
    """Starts one trial at one epoch of two, then promotes it."""

    def propose(self, history, count):
        if not history:
            return [Suggest({"x": 0}, Fidelity("epochs", 1, 2))]
        return [Promote("0000", Fidelity("epochs", 2, 2))]


def test_rungs_hold_every_objective(tmp_path):
    study = _opened(tmp_path, _Promoting())
    (job,) = study.ask(1)
    study.tell(_outcome(job, 0.5, 7.0))
    (job,) = study.ask(1)
    assert study.trials[0].losses == ()
    trial = study.tell(_outcome(job, 0.6, 8.0))
    assert [rung.losses for rung in trial.rungs] == [(-0.5, 7.0), (-0.6, 8.0)]
    assert trial.losses == (-0.6, 8.0)


def test_one_objective_has_no_losses(tmp_path):
    study = _opened(tmp_path, objectives=_BOTH[0])
    (job,) = study.ask(1)
    assert study.tell(_outcome(job, 0.5, 7.0)).losses == ()
