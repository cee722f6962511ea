"""The artifact types of our own, and where artifacts keep their files."""

from __future__ import annotations

from tfx.types import artifact

BEST_HYPERPARAMETERS_FILE = "best_hyperparameters.txt"
TUNER_RESULTS_FILE = "tuner_results.json"
TRIALS_FILE = "trials.jsonl"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
METRICS_FILE = "metrics.json"
ARCHITECTURE_FILE = "architecture.svg"
SEARCH_FILE = "search.svg"


class TrialRecord(artifact.Artifact):
    """Every trial of a search: values, curves, errors, seeds, timings.

    `trials.jsonl` holds one JSON object a trial in the order of proposal;
    `summary.json` the search as a whole; `report.html` shows both to people. After
    an architecture search, `architecture.svg` draws the best one, and `search.svg` the
    scores over time.
    """

    TYPE_NAME = "tuner_component.TrialRecord"


class SearchReport(artifact.Artifact):
    """`report.html`, the search for people."""

    TYPE_NAME = "tuner_component.SearchReport"


class SearchMetrics(artifact.Artifact):
    """The search in a few numbers: properties of the artifact, and `metrics.json`.

    They are `best_<objective>`, `num_trials`, `num_completed_trials` and
    `trial_seconds`, the time of all trials added up.
    """

    TYPE_NAME = "tuner_component.SearchMetrics"
