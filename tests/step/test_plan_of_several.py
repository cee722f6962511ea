"""What must be right about several objectives before the first trial."""

from __future__ import annotations

import pytest

from tuner_component import Objective, Search
from tuner_component.errors import PreflightError
from tuner_component.step.plan import check_options, plan_build_model, plan_stock
from tuner_component.strategies.scalarised import Scalarised

_CHOICE = {
    "class_name": "Choice",
    "config": {
        "name": "units",
        "default": 4,
        "conditions": [],
        "values": [4, 8],
        "ordered": True,
    },
}
_CONFIG = {"space": [_CHOICE], "values": {"units": 4}}
_METRICS = ["val_accuracy", "val_loss"]
_BOTH = (Objective("val_accuracy", "max"), Objective("val_loss", "min"))


def _planned(**more):
    return plan_build_model(Search(**more), _CONFIG, _METRICS)


def _tuner(objective="val_loss"):
    import keras_tuner

    class Tuner:
        oracle = keras_tuner.oracles.RandomSearchOracle(
            objective=objective, max_trials=3
        )

    return Tuner()


def test_names_get_their_directions_and_the_strategy_is_wrapped():
    plan = _planned(objective=_METRICS)
    assert plan.objectives == _BOTH
    assert plan.objective == _BOTH[0]
    assert isinstance(plan.create(plan.search_space, ()), Scalarised)
    assert plan.num_expected == 2
    assert not isinstance(
        _planned(objective="val_loss").create(plan.search_space, ()), Scalarised
    )


def test_a_misspelt_objective_is_named():
    with pytest.raises(PreflightError, match=r"'val_los'.*Did you mean 'val_loss'"):
        _planned(objective=["val_accuracy", Objective("val_los", "min")])


@pytest.mark.parametrize("given", ["model_bytes", ["model_bytes", "val_loss"]])
def test_what_no_epoch_reports_cannot_come_first(given):
    with pytest.raises(PreflightError, match=r"'model_bytes' comes first.*in front"):
        _planned(objective=given)


def test_an_unknown_or_wrong_direction_is_named():
    with pytest.raises(PreflightError, match=r"'profit' has no well-known direction"):
        check_options(Search(objective=["val_loss", "profit"]))
    with pytest.raises(PreflightError, match=r"'val_loss'.*lower"):
        check_options(Search(objective=["val_accuracy", Objective("val_loss", "max")]))


def test_a_tuners_own_oracle_knows_one_objective():
    with pytest.raises(PreflightError, match=r"several objectives.*Name a strategy"):
        plan_stock(Search(objective=_METRICS), _tuner(), _CONFIG, None)


def test_with_a_strategy_ours_are_used_whatever_the_tuner_sums():
    import keras_tuner

    theirs = [keras_tuner.Objective("val_loss", "min"), "val_accuracy"]
    search = Search(objective=_METRICS, strategy="random")
    plan = plan_stock(search, _tuner(theirs), _CONFIG, None)
    assert plan.objectives == _BOTH
    alone = plan_stock(Search(), _tuner(theirs), _CONFIG, None)
    assert alone.objective.name == "multi_objective"


def test_the_weight_does_not_matter_to_a_tuner_of_the_same_objective():
    search = Search(objective=Objective("val_loss", "min", weight=3.0))
    assert plan_stock(search, _tuner(), _CONFIG, None).objective.name == "val_loss"
