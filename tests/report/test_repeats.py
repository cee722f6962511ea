"""The page shows how the best did with other seeds."""

from __future__ import annotations

import dataclasses
import re

from tuner_component.report import repeats
from tuner_component.report.page import document
from tuner_component.trial import REPEAT_OF, Objective, Trial, TrialState

ACCURACY = Objective("val_accuracy", "max")


def _trial(number, score, of=None):
    return Trial(
        f"{number:04d}",
        number,
        {"units": 8},
        0,
        TrialState.FAILED if score is None else TrialState.COMPLETED,
        score=score,
        loss=None if score is None else -score,
        note={} if of is None else {REPEAT_OF: f"{of:04d}"},
    )


def _rows(drawing):
    """Returns for each row its trial, its dots' places and the ends of its bar."""
    found = re.findall(
        r'>trial (\d+)</text><polyline points="([^"]+)".*?</polyline>((?:<circle.*?/circle>)*)',
        drawing,
    )
    return [
        (
            name,
            [float(x) for x in re.findall(r'cx="([\d.]+)"', dots)],
            [float(point.split(",")[0]) for point in bar.split()],
        )
        for name, bar, dots in found
    ]


TRIALS = [
    _trial(0, 0.5),
    _trial(1, 0.9),
    _trial(2, 0.8),
    _trial(3, 0.7, of=1),
    _trial(4, 0.8, of=2),
    _trial(5, 0.6, of=1),
    _trial(6, None, of=2),
]


def test_the_best_mean_comes_first_with_all_its_runs():
    (best, best_dots, best_bar), (other, other_dots, other_bar) = _rows(
        repeats.drawing(TRIALS, ACCURACY)
    )
    assert (best, other) == ("0002", "0001")
    assert len(best_dots) == 2
    assert best_bar[0] == best_bar[1] == best_dots[0]  # Two equal runs.
    assert len(other_dots) == 3
    assert min(other_dots) < min(other_bar) < max(other_bar) < max(other_dots)


def test_a_higher_score_lies_to_the_right_whatever_the_direction():
    _, (_, dots, _) = _rows(repeats.drawing(TRIALS, ACCURACY))
    assert dots[0] > dots[1] > dots[2]  # 0.9, 0.7, 0.6


def test_a_search_without_repeats_has_no_such_drawing():
    assert repeats.drawing(TRIALS[:3], ACCURACY) == ""
    assert "other seeds" in document(TRIALS, ACCURACY, "Tuner", "enough")
    assert "other seeds" not in document(TRIALS[:3], ACCURACY, "Tuner", "enough")


def test_the_test_split_stands_beside_the_validation():
    assert "test split" not in repeats.drawing(TRIALS, ACCURACY)
    trials = [
        dataclasses.replace(trial, report={"test": {"test_accuracy": trial.score / 2}})
        if trial.score
        else trial
        for trial in TRIALS
    ]
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", repeats.drawing(trials, ACCURACY))
    cells = [row.split("</td><td>") for row in rows]
    assert cells[0] == ["0002", "0.8 ± 0", "0.4 ± 0"]
    assert [cell[:5] for cell in cells[1]] == ["0001", "0.733", "0.325"]
