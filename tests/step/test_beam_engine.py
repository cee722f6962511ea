"""A step on Beam: what it is refused for, and how a search is cut into rounds."""

from __future__ import annotations

import dataclasses
import gc
import tempfile

import pytest

from tuner_component import Search
from tuner_component.engines.beam.memo import Memo
from tuner_component.engines.beam.options import Settled
from tuner_component.engines.beam.order import Proposed
from tuner_component.errors import PreflightError
from tuner_component.evaluation import Job, Outcome
from tuner_component.journal import open_journal
from tuner_component.step import beam_engine, cheaper
from tuner_component.step.beam_engine import OnBeam
from tuner_component.step.plan import plan_build_model
from tuner_component.step.request import Request
from tuner_component.step.user_module import UserModule
from tuner_component.study.home import Home

CONFIG = {
    "space": [
        {
            "class_name": "Float",
            "config": {
                "name": "rate",
                "default": 0.5,
                "conditions": [],
                "min_value": 0.0,
                "max_value": 1.0,
                "step": None,
                "sampling": "linear",
            },
        }
    ],
    "values": {},
}


def _rounds(num_slots=2, **options):
    plan = plan_build_model(Search(**options), CONFIG, ["val_loss"])
    return dataclasses.astuple(beam_engine.rounds(plan, num_slots))


@pytest.mark.parametrize(
    ("options", "size", "number"),
    [
        ({"strategy": "random", "max_trials": 24}, 24, 1),
        ({"strategy": "random", "max_trials": 2500}, 1000, 3),
        ({"strategy": "bayesian", "max_trials": 24}, 6, 4),
        ({"strategy": "bayesian", "max_trials": 3000}, 100, 30),
    ],
)
def test_a_round_is_large_unless_the_strategy_learns(options, size, number):
    assert _rounds(**options) == (size, number)


@pytest.mark.parametrize(
    ("name", "options", "learns"),
    [
        ("successive_halving", {}, False),
        ("hyperband", {"proposals": "bayesian"}, True),
        ("asha", {}, True),
        ("median_rule", {}, True),
    ],
)
def test_rungs_are_rounds_of_their_own(name, options, learns):
    search = Search(strategy=name, strategy_options=options, max_trials=12, epochs=9)
    plan = plan_build_model(search, CONFIG, ["val_loss"])
    assert plan.effort.num_jobs > 12
    assert plan.effort.num_rungs > 1
    assert plan.effort.learns == learns
    rounds = beam_engine.rounds(plan, 2)
    assert rounds.size * rounds.number >= plan.effort.num_jobs
    assert rounds.number > plan.effort.num_rungs


@pytest.mark.parametrize("strategy", ["random", "bayesian", "asha"])
def test_a_search_without_bounded_rounds_is_refused(strategy):
    with pytest.raises(PreflightError, match=r"has no end of its own.*max_trials"):
        _rounds(strategy=strategy, max_seconds=60)


def _request(search, beam_arguments, tune_args=None):
    from tfx.types import standard_artifacts

    best = standard_artifacts.HyperParameters()
    best.uri = "/pipelines/Tuner/best_hyperparameters/3"
    properties = {"search": search.to_json(), "tune_args": tune_args}
    outputs = {"best_hyperparameters": [best]}
    return Request({}, outputs, properties, "Tuner", beam_arguments=beam_arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--direct_num_workers=4",), "=4, but 2 trials at once are asked for"),
        (("--runner=Nobody",), "--runner=Nobody, which cannot be had"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments, message):
    request = _request(Search(engine="beam", parallelism=2), arguments)
    with pytest.raises(PreflightError, match=message):
        beam_engine.settle(request)


def test_what_nobody_says_is_settled():
    settled = beam_engine.settle(
        _request(Search(engine="beam", parallelism=2), ("/launcher.py",))
    )
    assert settled.num_slots == 2
    assert settled.is_direct


@pytest.mark.parametrize(
    ("runner", "expected"), [("DirectRunner", {"0001"}), ("FlinkRunner", None)]
)
def test_a_step_may_have_died_of_what_ran_on_its_own_machine(
    tmp_path, runner, expected
):
    jobs = [
        Job(f"000{number}", {}, 0, 0, f"{tmp_path}/trials/000{number}", "loss", "min")
        for number in range(3)
    ]
    memo = Memo(str(tmp_path))
    for name in ("pipeline/00000", "pipeline/00001"):
        memo.begin(name, Proposed([], jobs))
        assert memo.claim(name, jobs[1])
    assert memo.claim("pipeline/00000", jobs[2])
    assert memo.claim("pipeline/00001", jobs[0])
    memo.keep("pipeline/00001", jobs[0], Outcome("0000", 0, metrics={"loss": 1.0}))
    search = Search(strategy="random", max_trials=3)
    plan = plan_build_model(search, CONFIG, ["val_loss"])
    settled = Settled((), 2, runner)
    engine = OnBeam(_request(search, ()), None, None, settled, plan)
    home = Home(str(tmp_path), {}, open_journal(str(tmp_path)), "")
    assert engine.left_under_way(home) == expected
    assert engine.left_under_way(home) == (set() if expected else None)


def test_a_workers_strategy_leaves_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    strategy = beam_engine.make_strategy(
        Search(strategy="random", max_trials=3).to_json(),
        {"module": dataclasses.asdict(UserModule("some_module"))},
        {"space": CONFIG, "metrics": ["val_loss"], "fidelities": cheaper.EPOCHS_ONLY},
        [],
    )
    assert len(strategy.propose([], 2)) == 2
    assert len(list(tmp_path.iterdir())) == 1
    del strategy
    gc.collect()
    assert not list(tmp_path.iterdir())
