from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from tuner_component.report.page import document
from tuner_component.trial import Objective, Reason, Trial, TrialError, TrialState

_ACCURACY = Objective("val_accuracy", "max")


def _trial(number, score=None, error=None, **values):
    state = TrialState.COMPLETED if error is None else TrialState.FAILED
    loss = None if score is None else -score
    return Trial(
        f"{number:04d}", number, values, 0, state, score=score, loss=loss, error=error
    )


@pytest.fixture
def trials():
    error = TrialError(Reason.USER_ERROR, "ValueError: <b>", "Traceback <script>")
    return [
        _trial(0, 0.5, units=8, kind="<a>"),
        _trial(1, error=error, units=9),
        _trial(2, 0.9, units=16, rate=0.25),
        _trial(3, 0.7, units=4),
        _trial(4, error=error, units=3),
    ]


def _page(trials):
    return document(trials, _ACCURACY, "Tuner", "max_trials=5 is reached")


class _Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("circle", "polyline"):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(trials):
    page = _page(trials)
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"(src|href)=", page)


def test_what_the_user_wrote_cannot_become_markup(trials):
    page = _page(trials)
    assert "&lt;a&gt;" in page
    assert "<script>" not in page


def test_the_best_trial_comes_first_and_failures_last(trials):
    rows = re.findall(r"<tr[^>]*><td>(\d+)</td>", _page(trials))
    assert rows == ["0002", "0003", "0000", "0001", "0004"]
    assert re.search(r'class="best"><td>0002', _page(trials))


def test_the_line_only_ever_gets_better(trials):
    points = re.search(r'points="([^"]+)"', _page(trials)).group(1).split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights, reverse=True)
    assert len(re.findall("<circle", _page(trials))) == 3


def test_a_message_stands_once_with_all_its_trials(trials):
    page = _page(trials)
    assert page.count("ValueError: &lt;b&gt;") == 1
    assert "trials 0001, 0004" in page


def test_a_search_without_a_completed_trial_has_a_page_too(trials):
    page = _page([trials[1]])
    assert "<svg" not in page
    assert "What went wrong" in page


def test_a_mean_over_folds_stands_beside_its_deviation(trials):
    head = "<th>val_accuracy</th><th>state</th>"
    assert head in _page(trials)
    metrics = {"val_accuracy": 0.9, "val_accuracy_std": 0.0625}
    trials[2] = dataclasses.replace(trials[2], metrics=metrics)
    page = _page(trials)
    assert "<th>val_accuracy</th><th>val_accuracy_std</th><th>state</th>" in page
    assert "<td>0.9</td><td>0.0625</td><td>completed</td>" in page
    assert "<td>0.5</td><td></td><td>completed</td>" in page
