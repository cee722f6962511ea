"""Earlier results that cannot be learned from."""

from __future__ import annotations

from pathlib import Path

from tests.step.cases.step import own, run, stock
from tuner_component import Search


def _earlier(root, name, text):
    """Returns the input of an earlier trial record with one file."""
    from tuner_component.artifacts import TrialRecord

    artifact = TrialRecord()
    artifact.uri = str(root / "earlier")
    Path(artifact.uri).mkdir()
    (Path(artifact.uri) / name).write_text(text)
    return {"prior_trials": [artifact]}


def unknown_format_of_earlier_results(inputs, root):
    earlier = _earlier(root, "oracle.json", "{}")
    run({**inputs, **earlier}, own(Search(max_trials=2)), root)


def objective_missing_from_earlier_results(inputs, root):
    trial = '{"state": "COMPLETED", "values": {}, "metrics": {"val_lost": 1.0}}'
    earlier = _earlier(root, "trials.jsonl", trial)
    run({**inputs, **earlier}, own(Search(max_trials=2)), root)


def earlier_results_for_a_keras_tuner_oracle(inputs, root):
    run({**inputs, "prior_results": []}, stock(), root)


CASES = {
    unknown_format_of_earlier_results: r"holds \['oracle.json'\]; expected tuner_r",
    objective_missing_from_earlier_results: r"'val_loss' is missing .*'val_lost'",
    earlier_results_for_a_keras_tuner_oracle: r"by RandomSearchOracle of KerasTuner, which",
}
