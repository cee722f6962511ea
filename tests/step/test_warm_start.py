from __future__ import annotations

import json

import pytest
from tfx.types import standard_artifacts

from tuner_component import Search
from tuner_component.errors import PreflightError
from tuner_component.records import encode
from tuner_component.search_space import Int, SearchSpace
from tuner_component.step import warm_start
from tuner_component.step.plan import plan_build_model
from tuner_component.step.warm_start import WarmStart
from tuner_component.strategies.prior_studies import PriorStudy, PriorTrial

_UNITS = {
    "name": "units",
    "conditions": [],
    "min_value": 1,
    "max_value": 32,
    "step": 1,
    "sampling": "linear",
    "default": 4,
}
_CONFIG = {"space": [{"class_name": "Int", "config": _UNITS}], "values": {}}
_STUDY = PriorStudy("one", (PriorTrial({"units": 9}, 0.5), PriorTrial({"units": 8}, 1)))


def _plan(**more):
    return plan_build_model(Search(max_trials=9, **more), _CONFIG, ["val_loss"])


def _inputs(folder, rows):
    (folder / "tuner_results.json").write_text(json.dumps(rows))
    artifact = standard_artifacts.TunerResults()
    artifact.uri = str(folder)
    return {"prior_results": [artifact]}


def _session(*studies):
    options = {"search": "{}"}
    if studies:
        options["prior_studies"] = [encode(study) for study in studies]
    return json.loads(json.dumps({"type": "session", "options": options}))


def test_what_was_taken_is_said(tmp_path):
    scores = (0.1, 0.2, None, 0.3, 0.4)
    units = (8, 9, 10, 64, 12)
    rows = [{"score": s, "units": u} for s, u in zip(scores, units, strict=True)]
    warm = warm_start.prepare(_inputs(tmp_path, rows), _plan())
    assert warm.text == (
        "Warm start: 3 trials of 1 earlier study, 2 left out: 1 failed, 1 outside "
        "today's search space."
    )
    assert len(warm.studies[0].trials) == 4  # the space may grow


def test_no_input_and_an_input_without_artifacts():
    assert warm_start.prepare({}, _plan()) == WarmStart()
    nothing = warm_start.prepare({"prior_results": []}, _plan())
    assert (nothing.studies, nothing.text) == (
        (),
        "Warm start: there are no earlier results yet.",
    )


@pytest.mark.parametrize("row", [{"units": 64}, {"width": 8}])
def test_results_beyond_the_space_say_how(tmp_path, row):
    given = warm_start.prepare(_inputs(tmp_path, [{"score": 1, **row}]), _plan())
    with pytest.raises(PreflightError, match=r"None of the 1 trials .* the first has"):
        warm_start.settle(given, [])


def test_a_study_that_has_begun_needs_them_no_more(tmp_path):
    given = warm_start.prepare(_inputs(tmp_path, [{"score": None}]), _plan())
    warm = warm_start.settle(given, [_session(_STUDY)])
    assert warm.studies == (_STUDY,)
    assert "goes on so; those given now could not be used: " in warm.text
    assert "no trial with a score" in warm.text


def test_earlier_results_without_trials_are_none_yet(tmp_path):
    warm = warm_start.prepare(_inputs(tmp_path, []), _plan())
    assert (warm.studies, warm.problem) == ((), None)
    assert warm.text == "Warm start: there are no earlier results yet."


def test_the_strategy_begins_with_them():
    actions = warm_start.strategy(_plan(), WarmStart((_STUDY,))).propose([], 2)
    assert [action.values["units"] for action in actions] == [4, 9]


def test_without_any_the_strategy_is_the_plans():
    plan = _plan()
    assert warm_start.strategy(plan, WarmStart()) is plan.strategy


def test_a_new_study_keeps_what_it_began_with():
    settled = warm_start.settle(WarmStart((_STUDY,), "Taken."), [])
    assert (settled.studies, settled.text) == ((_STUDY,), "Taken.")
    record = json.loads(json.dumps({"type": "session", "options": settled.options}))
    again = warm_start.settle(WarmStart((_STUDY,), "Taken."), [record])
    assert (again.studies, again.text, again.options) == ((_STUDY,), "Taken.", {})


@pytest.mark.parametrize("began_with", [(), (_STUDY,)], ids=["nothing", "others"])
def test_a_study_goes_on_with_what_it_began_with(began_with):
    newer = PriorStudy("two", (PriorTrial({"units": 3}, 0.1),))
    records = [{"type": "study"}, _session(*began_with), _session(newer)]
    settled = warm_start.settle(WarmStart((newer,), "Taken."), records)
    assert settled.studies == began_with
    count = "with 2 trials of 1 earlier study" if began_with else "without earlier"
    assert f"the study began {count}" in settled.text
    assert 'Search(resume="never")' in settled.text


def test_a_study_stays_warm_when_the_resolver_finds_nothing_more():
    settled = warm_start.settle(WarmStart(), [_session(_STUDY)])
    assert settled.studies == (_STUDY,)


def test_the_space_may_hold_other_names_later():
    grown = SearchSpace([Int("units", 1, 32, default=4), Int("depth", 1, 3)])
    strategy = _plan().create(grown, [_STUDY])
    assert strategy.propose([], 2)[1].values == {"units": 9, "depth": 1}
