"""What a step makes of trials that go wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.step.fixtures import properties, run_step, strict, trials_of
from tuner_component import Search
from tuner_component.errors import SearchFailedError

pytestmark = pytest.mark.slow


def _given(custom=None, **options):
    search = Search(
        **{
            "strategy": "grid",
            "objective": "val_loss",
            "epochs": 1,
            "max_trial_seconds": 20.0,
            "max_consecutive_failures": 100,
            **options,
        }
    )
    return properties(
        "failing_model.py", search, parallel=2, label_key="species", custom=custom or {}
    )


def test_each_fault_takes_its_trial_only(inputs, tmp_path):
    # One that hangs takes 20 seconds.
    given = _given(max_retries=1, constraints=["kind != 'hang' or units == 1"])
    made = run_step(inputs, given, tmp_path)
    trials = trials_of(made)
    assert len(trials) == 16
    seen = {
        (t["values"]["kind"], t["state"], (t["error"] or {}).get("reason"))
        for t in trials
    }
    assert seen == {
        ("fine", "COMPLETED", None),
        ("infeasible", "INFEASIBLE", "infeasible"),
        ("nan", "FAILED", "non_finite"),
        ("raise", "FAILED", "user_error"),
        ("kill", "FAILED", "infrastructure"),
        ("hang", "FAILED", "timeout"),
    }
    attempts = {t["values"]["kind"]: t["num_attempts"] for t in trials}
    assert attempts["kill"] == 2
    assert all(n == 1 for kind, n in attempts.items() if kind != "kill")
    raised = next(t for t in trials if t["values"]["kind"] == "raise")
    assert (
        "ArithmeticError: the model code cannot do this" in raised["error"]["traceback"]
    )
    path = Path(made["best_hyperparameters"][0].uri) / "best_hyperparameters.txt"
    assert strict(path)["values"]["kind"] == "fine"
    results = strict(Path(made["tuner_results"][0].uri) / "tuner_results.json")
    assert {row["kind"] for row in results} == {"fine"}


def test_infeasible_trials_are_replaced(inputs, tmp_path):
    given = _given(max_trials=12, strategy="random", constraints=["kind != 'hang'"])
    trials = trials_of(run_step(inputs, given, tmp_path))
    infeasible = [t for t in trials if t["state"] == "INFEASIBLE"]
    assert infeasible
    assert len(trials) == 12 + len(infeasible)


def test_when_all_fail_the_step_fails_with_the_first_traceback(inputs, tmp_path):
    given = _given({"only": "raise"}, max_consecutive_failures=3)
    with pytest.raises(SearchFailedError) as caught:
        run_step(inputs, given, tmp_path)
    message = str(caught.value)
    assert re.search(r"[34] trials in a row failed", message)
    assert "ArithmeticError: the model code cannot do this" in message
    assert "in on_train_begin" in message
    assert not list(tmp_path.rglob("best_hyperparameters.txt"))


def test_a_search_ends_in_time(inputs, tmp_path):
    given = _given({"only": "hang"}, max_seconds=5.0)
    with pytest.raises(
        SearchFailedError, match=r"without a trial that has.*max_seconds=5"
    ):
        run_step(inputs, given, tmp_path)


def test_code_that_changes_folders_takes_nothing_elsewhere(
    inputs, tmp_path, monkeypatch
):
    """Pipeline roots of TFX's tutorials are relative."""
    monkeypatch.chdir(tmp_path)
    given = _given({"only": "leave"}, max_trials=2)
    made = run_step(inputs, given, Path("root"))
    assert list(tmp_path.glob(f"{made['best_model'][0].uri}/**/saved_model.pb"))
    trials = tmp_path.glob("root/Tuner/studies/*/trials/*/outcome.json")
    assert len(list(trials)) == 2
