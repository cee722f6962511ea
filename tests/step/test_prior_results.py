from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from tuner_component.artifacts import TrialRecord
from tuner_component.errors import PreflightError
from tuner_component.step import outputs, prior_results
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial
from tuner_component.trial import Fidelity, Objective, RungResult, Trial, TrialState

_ACCURACY = Objective("val_accuracy", "max")
_LOSS = Objective("val_loss", "min")
_SIZE = Objective("model_bytes", "min")


def _trial(number, state=TrialState.COMPLETED, **more):
    metrics = {
        "val_accuracy": 0.5 + number / 10,
        "val_loss": 1.0 - number / 10,
        "model_bytes": 10.0**number,
    }
    ended = state in (TrialState.COMPLETED, TrialState.PAUSED)
    return Trial(
        f"{number:04d}",
        number,
        {"units": 8 * (number + 1), "score": "s"},
        seed=number,
        state=state,
        score=metrics["val_accuracy"] if ended else None,
        loss=-metrics["val_accuracy"] if ended else None,
        metrics=metrics if ended else {},
        **more,
    )


_TRIALS = [_trial(0), _trial(1, TrialState.FAILED), _trial(2)]


def _artifact(cls, folder, number=1):
    artifact = cls()
    artifact.uri = str(folder)
    artifact.id = number
    return artifact


def _record(folder, trials=_TRIALS, number=1):
    outputs.write_trial_record(str(folder), trials, {}, "<p>")
    return {"prior_trials": [_artifact(TrialRecord, folder, number)]}


def _stock(folder, rows=None, number=1):
    if rows is None:
        outputs.write_tuner_results(str(folder), _TRIALS)
    else:
        folder.mkdir(exist_ok=True)
        (folder / "tuner_results.json").write_text(json.dumps(rows))
    artifact = _artifact(standard_artifacts.TunerResults, folder, number)
    return {"prior_results": [artifact]}


def _losses(found):
    return [[trial.loss for trial in study.trials] for study in found.studies]


def test_our_record(tmp_path):
    found = prior_results.read(_record(tmp_path), _ACCURACY)
    values = [{"units": 8, "score": "s"}, {"units": 24, "score": "s"}]
    trials = (PriorTrial(values[0], -0.5), PriorTrial(values[1], -0.7))
    assert found.studies == (PriorStudy(str(tmp_path), trials),)
    assert found.num_failed == 1


def test_our_record_of_a_search_for_another_metric(tmp_path):
    found = prior_results.read(_record(tmp_path), _LOSS)
    assert _losses(found) == [[1.0, 0.8]]


def test_how_much_training_a_trial_had(tmp_path):
    trials = [
        _trial(0, TrialState.PAUSED, fidelity=Fidelity("epochs", 3, 9)),
        _trial(1, fidelity=Fidelity("epochs", 9, 9)),
        _trial(2),
    ]
    found = prior_results.read(_record(tmp_path, trials), _ACCURACY)
    assert [t.resource for t in found.studies[0].trials] == [3.0, None, None]


def test_the_stock_form_as_we_write_it(tmp_path):
    found = prior_results.read(_stock(tmp_path), _ACCURACY)
    values = [{"units": 24, "score": "s"}, {"units": 8, "score": "s"}]
    trials = (PriorTrial(values[0], -0.7), PriorTrial(values[1], -0.5))
    assert found.studies == (PriorStudy(str(tmp_path), trials),)


def test_the_stock_form_says_how_much_training_a_trial_had(tmp_path):
    """Less training comes last though its score may be the best, as here."""
    trials = [
        _trial(0, fidelity=Fidelity("epochs", 9, 9)),
        *(
            _trial(
                number,
                TrialState.PAUSED,
                fidelity=Fidelity("epochs", epochs, 9),
                rungs=(RungResult(epochs, 0.0),),
            )
            for number, epochs in [(1, 3), (2, 1)]
        ),
    ]
    outputs.write_tuner_results(str(tmp_path), trials)
    artifact = _artifact(standard_artifacts.TunerResults, tmp_path)
    found = prior_results.read({"prior_results": [artifact]}, _ACCURACY)
    values = [dict(trial.values) for trial in trials]
    assert found.studies[0].trials == (
        PriorTrial(values[0], -0.5),
        PriorTrial(values[1], -0.6, 3.0),
        PriorTrial(values[2], -0.7, 1.0),
    )


@pytest.mark.parametrize("amount", ["3", True])
def test_an_amount_of_training_that_is_no_number(tmp_path, amount):
    rows = [{"score": 0.5, "units": 8, "tuner/resource": amount}]
    with pytest.raises(PreflightError, match=f"tuner/resource={amount!r}"):
        prior_results.read(_stock(tmp_path, rows), _LOSS)


def _several(folder, objectives):
    """The stock form of two objectives, written in the order of the compromise."""
    trials = [
        dataclasses.replace(
            trial,
            losses=tuple(o.loss(trial.metrics[o.name]) for o in objectives),
            loss=objectives[0].loss(trial.metrics[objectives[0].name]),
        )
        for trial in [
            *map(_trial, range(3)),
            _trial(3, TrialState.PAUSED, fidelity=Fidelity("epochs", 1, 9)),
        ]
    ]
    outputs.write_tuner_results(str(folder), trials, objectives)
    return {"prior_results": [_artifact(standard_artifacts.TunerResults, folder)]}


@pytest.mark.parametrize("objective", [_ACCURACY, _LOSS, _SIZE])
def test_of_several_objectives_the_one_of_todays_name_counts(tmp_path, objective):
    """Their order is that of a compromise: it says nothing about the first score."""
    found = prior_results.read(_several(tmp_path, [_ACCURACY, _LOSS, _SIZE]), objective)
    trials = found.studies[0].trials
    losses = {trial.values["units"]: trial.loss for trial in trials}
    expected = {
        trial.values["units"]: objective.loss(trial.metrics[objective.name])
        for trial in map(_trial, range(4))
    }
    assert losses == expected
    assert [trial.resource for trial in trials] == [None, None, None, 1.0]


def test_of_several_objectives_none_may_be_todays(tmp_path):
    given = _several(tmp_path, [_ACCURACY, _LOSS])
    message = r"'val_auc' is missing from .* they have \['val_accuracy', 'val_loss'\]"
    with pytest.raises(PreflightError, match=message):
        prior_results.read(given, Objective("val_auc", "max"))


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["min", "max"])
def test_the_stock_form_as_the_stock_component_writes_it(tmp_path, direction):
    import keras_tuner
    from tfx.components.tuner import executor

    objective = keras_tuner.Objective("val_accuracy", direction)
    tuner = keras_tuner.Hyperband(
        lambda hp: hp.Int("units", 1, 9),
        objective,
        max_epochs=9,
        directory=str(tmp_path / "project"),
    )
    tuner.oracle.max_trials = 3  # or the stock component cannot write them
    tuner.search_space_summary()
    for score in (0.2, 0.1, 0.3):
        trial = tuner.oracle.create_trial("tuner0")
        tuner.oracle.update_trial(trial.trial_id, {"val_accuracy": score})
        trial.status = "COMPLETED"
        tuner.oracle.end_trial(trial)
    made = {
        "best_hyperparameters": [
            _artifact(standard_artifacts.HyperParameters, tmp_path / "best")
        ],
        "tuner_results": [
            _artifact(standard_artifacts.TunerResults, tmp_path / "results")
        ],
    }
    executor.write_best_hyperparameters(tuner, made)
    inputs = {"prior_results": made["tuner_results"]}
    found = prior_results.read(inputs, Objective("val_accuracy", direction))
    (losses,) = _losses(found)
    assert losses == ([0.1, 0.2, 0.3] if direction == "min" else [-0.3, -0.2, -0.1])
    for trial in found.studies[0].trials:
        assert set(trial.values) == {"units"}
        assert trial.resource == 1


@pytest.mark.parametrize("objective", [_ACCURACY, _LOSS], ids=["max", "min"])
@pytest.mark.parametrize(
    ("scores", "losses"),
    [([0.9, 0.5, 0.1], [-0.9, -0.5, -0.1]), ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9])],
)
def test_the_order_tells_the_direction_of_the_score(
    tmp_path, objective, scores, losses
):
    rows = [{"trial_id": str(n), "score": s, "units": n} for n, s in enumerate(scores)]
    found = prior_results.read(_stock(tmp_path, rows), objective)
    assert _losses(found) == [losses]


def test_without_an_order_the_direction_is_todays(tmp_path):
    rows = [{"score": s, "units": 8} for s in (0.5, 0.9, 0.1)]
    found = prior_results.read(_stock(tmp_path, rows), _ACCURACY)
    assert _losses(found) == [[-0.5, -0.9, -0.1]]


def test_rows_without_a_finite_score_are_failures(tmp_path):
    rows = [{"score": s, "units": 8} for s in (0.5, None, float("nan"))]
    found = prior_results.read(_stock(tmp_path, rows), _ACCURACY)
    assert _losses(found) == [[-0.5]]
    assert found.num_failed == 2


def test_several_artifacts_the_newest_first_each_once(tmp_path):
    old = _stock(tmp_path / "old", [{"score": 1.0, "units": 8}], 3)["prior_results"]
    new = _stock(tmp_path / "new", [{"score": 2.0, "units": 8}], 7)["prior_results"]
    empty = _stock(tmp_path / "empty", [], 5)["prior_results"]
    found = prior_results.read({"prior_results": [*old, *new, *empty, *old]}, _LOSS)
    assert [Path(study.name).name for study in found.studies] == ["new", "old"]


@pytest.mark.parametrize("inputs", [{}, {"prior_results": []}, {"prior_trials": []}])
def test_nothing_yet(inputs):
    assert prior_results.read(inputs, _LOSS) == prior_results.Results()


def _unknown(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return {"prior_results": [_artifact(standard_artifacts.TunerResults, folder)]}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("oracle.json", "{}", r"holds \['oracle.json'\]; expected tuner_results.json"),
        ("tuner_results.json", "[{]", r"unknown format: it is not JSON"),
        ("tuner_results.json", '{"score": {"0": 1}}', r"unknown format: it begins with"),
        ("trials.jsonl", '{"score": 1}\n', r"a trial has no \['state', 'values'"),
        ("trials.jsonl", "[1]\n", r"unknown format: it begins with '\[\[1\]\]'"),
    ],
)  # fmt: skip
def test_an_unknown_format_says_what_there_is(tmp_path, name, text, message):
    with pytest.raises(PreflightError, match=message):
        prior_results.read(_unknown(tmp_path, name, text), _LOSS)


def test_a_folder_that_is_gone(tmp_path):
    inputs = {"prior_trials": [_artifact(TrialRecord, tmp_path / "gone")]}
    with pytest.raises(PreflightError, match=r"gone have .* is missing or empty"):
        prior_results.read(inputs, _LOSS)


def test_an_objective_that_is_missing_names_those_there_are(tmp_path):
    message = (
        r"'val_acuracy' is missing .* they have \['model_bytes', 'val_accuracy', "
        r"'val_loss'\]\. "
        r"Did you mean 'val_accuracy'\?"
    )
    with pytest.raises(PreflightError, match=message):
        prior_results.read(_record(tmp_path), Objective("val_acuracy", "max"))


def test_a_stock_form_without_its_score(tmp_path):
    rows = [{"trial_id": "0", "scores": 1.0}]
    with pytest.raises(PreflightError, match=r"no 'score'.*Did you mean 'scores'"):
        prior_results.read(_stock(tmp_path, rows), _LOSS)


def test_results_of_which_none_ended_well(tmp_path):
    failed = [_trial(n, TrialState.FAILED) for n in range(2)]
    with pytest.raises(PreflightError, match=r"no trial .* all 2 failed"):
        prior_results.read(_record(tmp_path, failed), _LOSS)


def test_a_record_without_trials_is_no_earlier_study(tmp_path):
    assert prior_results.read(_record(tmp_path, []), _LOSS).studies == ()
