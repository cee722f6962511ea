from __future__ import annotations

import re

import pytest

from tuner_component.report import pareto
from tuner_component.report.page import document
from tuner_component.trial import Objective, Trial, TrialState

_THREE = (
    Objective("accuracy", "max"),
    Objective("<size>", "min"),
    Objective("seconds", "min"),
)


def _trial(number, *scores):
    metrics = {o.name: s for o, s in zip(_THREE, scores, strict=False)}
    losses = tuple(o.loss(s) for o, s in zip(_THREE, scores, strict=False))
    return Trial(
        f"{number:04d}", number, {"units": number}, 0, TrialState.COMPLETED,
        score=scores[0], loss=losses[0], losses=losses, metrics=metrics,
    )  # fmt: skip


@pytest.fixture
def trials():
    failed = Trial("0004", 4, {"units": 4}, 0, TrialState.FAILED)
    found = [(0.9, 90.0), (0.8, 30.0), (0.1, 10.0), (0.1, 99.0)]
    return [*(_trial(n, *scores) for n, scores in enumerate(found)), failed]


def _dots(page, kind):
    return re.findall(rf'class="{kind}" cx="([\d.]+)" cy="([\d.]+)"', page)


def test_the_front_and_the_compromise_are_marked(trials):
    page = pareto.drawings(trials, _THREE[:2])
    assert page.count("<svg") == 1
    assert [len(_dots(page, kind)) for kind in ("other", "front", "compromise")] == [
        1,
        2,
        1,
    ]
    assert "3 trials are dominated by no other" in page
    assert "compromise is trial 0001" in page


def test_better_values_of_both_objectives_lie_where_they_should(trials):
    page = pareto.drawings(trials, _THREE[:2])
    (most_accurate, smallest) = sorted(_dots(page, "front"), key=lambda d: -float(d[0]))
    assert float(most_accurate[0]) > float(smallest[0])  # accuracy grows to the right
    assert float(most_accurate[1]) < float(smallest[1])  # size grows upwards


def test_three_objectives_have_a_drawing_a_pair():
    trials = [_trial(n, 0.1 * n, 5.0 - n, 2.0 * n) for n in range(4)]
    assert pareto.drawings(trials, _THREE).count("<svg") == 3


def test_names_cannot_become_markup(trials):
    page = pareto.drawings(trials, _THREE[:2])
    assert "&lt;size&gt;" in page
    assert "<size>" not in page


def test_the_page_has_a_column_an_objective_and_the_compromise_first(trials):
    page = document(trials, _THREE[0], "Tuner", "done", _THREE[:2])
    assert "<th>accuracy</th><th>&lt;size&gt;</th>" in page
    rows = re.findall(r"<tr[^>]*><td>(\d+)</td>", page)
    assert rows[0] == "0001"
    assert sorted(rows[1:3]) == ["0000", "0002"]
    assert rows[3:] == ["0003", "0004"]
    assert re.findall(r'class="best"><td>(\d+)', page) == ["0001"]


def test_one_objective_has_no_drawing(trials):
    single = [Trial("0", 0, {}, 0, TrialState.COMPLETED, score=1.0, loss=1.0)]
    assert pareto.drawings(single, _THREE[:1]) == ""
    assert pareto.drawings([trials[-1]], _THREE[:2]) == ""


def test_the_size_of_a_real_model_is_not_cut_off():
    trials = [_trial(number, 0.5 * number, 6.448e7 * number) for number in (1, 2)]
    page = pareto.drawings(trials, _THREE[:2])
    left = float(re.findall(r'viewBox="(\S+) ', page)[0])
    place = re.findall(r'<text x="(\d+)"[^>]*>6.448e\+07<', page)[-1]
    assert float(place) - 7.2 * len("6.448e+07") > left
