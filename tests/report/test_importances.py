from __future__ import annotations

import re

from tuner_component.report import importances
from tuner_component.report.page import document
from tuner_component.strategies.gaussian_process.importances import Importances
from tuner_component.trial import Objective, Trial, TrialState

FOUND = Importances({"learning_rate": 0.62, "<b>": 0.2, "units": 0.0}, 0.18, 40, 0.834)


def _bars(page):
    """Returns name, width and what is written, bar by bar."""
    return re.findall(
        r"<th>([^<]*)</th><td[^>]*><div[^>]*width: ([\d.]+)%[^>]*></div></td><td>([^<]*)",
        page,
    )


def test_a_bar_each_and_what_interactions_take():
    assert _bars(importances.drawings({"val_loss": FOUND})) == [
        ("learning_rate", "62.0", "62 %"),
        ("&lt;b&gt;", "20.0", "20 %"),
        ("units", "0.0", "0 %"),
        ("interactions", "18.0", "18 %"),
    ]


def test_the_caption_says_how_and_from_how_many():
    page = importances.drawings({"val_loss": FOUND})
    assert "functional ANOVA of a Gaussian process fitted to 40 trials" in page
    assert "R² 0.83" in page


def test_names_cannot_become_markup():
    page = importances.drawings({"<i>loss": FOUND})
    assert "What decided &lt;i&gt;loss" in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_long_name_is_there_as_a_whole():
    name = "cell/" + "a_very_long_name_" * 20
    found = Importances({name: 0.9, "units": 0.1}, 0.0, 40, 0.9)
    assert _bars(importances.drawings({"val_loss": found}))[0][0] == name


def test_the_smallest_of_many_share_a_bar():
    many = {f"p{n}": 0.3 if n == 0 else 0.02 for n in range(30)}
    bars = _bars(importances.drawings({"loss": Importances(many, 0.12, 40, 0.9)}))
    assert len(bars) == 13
    assert bars[-2:] == [
        ("19 others", "38.0", "38 %"),
        ("interactions", "12.0", "12 %"),
    ]


def test_trials_that_do_not_tell_have_a_line_and_no_bars():
    page = importances.drawings({"val_loss": Importances({}, 0.0, 25, -0.2)})
    assert "The 25 trials do not tell" in page
    assert _bars(page) == []


def test_the_page_has_a_chart_for_each_objective_that_is_known():
    trials = [Trial("0000", 0, {"a": 1}, 0, TrialState.COMPLETED, score=1.0, loss=1.0)]
    loss = Objective("val_loss", "min")
    page = document(
        trials, loss, "Tuner", "done", decisive={"val_loss": FOUND, "bytes": FOUND}
    )
    assert "What decided val_loss" in page
    assert "What decided bytes" in page
    assert "What decided" not in document(trials, loss, "Tuner", "done")
