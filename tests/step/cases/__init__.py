"""Everything that a step must refuse before its first trial, and how it says so."""

from __future__ import annotations

from tests.step.cases import (
    definition,
    earlier,
    features,
    files,
    folds,
    objectives,
    spaces,
    splits,
    strategies,
)

CASES = {
    **definition.CASES,
    **objectives.CASES,
    **spaces.CASES,
    **strategies.CASES,
    **splits.CASES,
    **files.CASES,
    **features.CASES,
    **folds.CASES,
    **earlier.CASES,
}
"""Case to a pattern that its message must match."""


def is_possible(case):
    """Returns whether this checkout has the data that a case needs."""
    return case not in features.OF_TAXI or features.TAXI.exists()
