"""The artifact type of our own, and where artifacts keep their files."""

from __future__ import annotations

from tfx.types import artifact

BEST_HYPERPARAMETERS_FILE = "best_hyperparameters.txt"
TUNER_RESULTS_FILE = "tuner_results.json"
TRIALS_FILE = "trials.jsonl"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"


class TrialRecord(artifact.Artifact):
    """Every trial of a search: values, curves, errors, seeds, timings.

    `trials.jsonl` holds one JSON object a trial in the order of proposal;
    `summary.json` the search as a whole; `report.html` shows both to people.
    """

    TYPE_NAME = "tuner_component.TrialRecord"
