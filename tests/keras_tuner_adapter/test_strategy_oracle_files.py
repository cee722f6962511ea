"""What a KerasTuner project holds when its process dies."""

from __future__ import annotations

from pathlib import Path

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.pure_tuner import (  # noqa: E402
    Pure,
    pure_tuner,
    searched,
)
from tuner_component import Objective  # noqa: E402
from tuner_component.errors import StudyMismatchError  # noqa: E402


class _Died(BaseException):
    """No `except Exception` catches it."""


def _search_until_it_dies(tuner, number, monkeypatch):
    """Searches; the process dies in the middle of writing its file `number`."""
    from keras_tuner.src import utils

    write, paths = utils.save_json, []

    def written(path, state):
        paths.append(Path(path))
        if len(paths) < number:
            return write(path, state)
        paths[-1].write_text('{"half')
        raise _Died

    with monkeypatch.context() as patched:
        patched.setattr(utils, "save_json", written)
        with pytest.raises(_Died):
            tuner.search(verbose=0)
    return paths[-1].name


# Seven files a trial: the last is the tuner's own, which the oracle does not write.
@pytest.mark.parametrize("number", range(8, 14))
def test_a_project_goes_on_wherever_its_process_died(tmp_path, number, monkeypatch):
    whole = searched(pure_tuner(tmp_path / "whole"))
    tuner = pure_tuner(tmp_path / "killed")
    died_at = _search_until_it_dies(tuner, number, monkeypatch)
    assert died_at.startswith(("trial.json", "oracle.json"))
    again = pure_tuner(tmp_path / "killed")
    assert searched(again) == whole
    assert {t.status for t in again.oracle.trials.values()} == {"COMPLETED"}


class _Both(Pure):
    def run_trial(self, trial, **_):
        x = trial.hyperparameters.Float("x", 0.0, 1.0)
        metrics = {"loss": x, "accuracy": x, "size": x}
        objective = self.oracle.objective
        return {**metrics, objective.name: objective.get_value(metrics)}


def _of_several(folder, *objectives):
    return pure_tuner(folder, "random", 3, _Both, False, objective=objectives)


def test_objectives_of_ours_are_added_up_as_those_of_keras_tuner(tmp_path):
    ours = Objective("loss", "min"), Objective("accuracy", "max")
    theirs = [keras_tuner.Objective(each.name, each.direction) for each in ours]
    tuner = _of_several(tmp_path / "ours", *ours)
    assert searched(tuner) == searched(_of_several(tmp_path / "theirs", *theirs))
    assert [trial.score for trial in tuner.oracle.get_best_trials(3)] == [0.0] * 3


def test_weights_of_objectives_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"weight=0.5.*expected no weight"):
        _of_several(tmp_path, "loss", Objective("accuracy", "max", weight=0.5))


def test_a_project_of_other_objectives_is_refused(tmp_path):
    searched(_of_several(tmp_path, "loss", "accuracy"))
    searched(_of_several(tmp_path, "loss", "accuracy"))
    with pytest.raises(StudyMismatchError, match=r"'accuracy'.*'size'"):
        _of_several(tmp_path, "loss", Objective("size", "min"))
