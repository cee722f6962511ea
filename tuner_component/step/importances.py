"""What decided the objectives of a study, for the page and the trial record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tuner_component.errors import SearchSpaceError
from tuner_component.keras_tuner_adapter.growing import grown
from tuner_component.search_space import SearchSpace
from tuner_component.strategies.gaussian_process import importances
from tuner_component.strategies.gaussian_process.importances import Importances
from tuner_component.study import Study


def estimated(study: Study, known: SearchSpace | None) -> dict[str, Importances]:
    """Returns objective's name to importances, where there is anything to tell.

    Args:
        study: The finished study.
        known: The space before the first trial; None: only the trials know.
    """
    try:
        space = grown(known or SearchSpace(), study.trials)
    except SearchSpaceError:  # A hyperparameter of the user's own class, say.
        return {}
    found = {
        objective.name: importances.estimated(space, study.trials, index)
        for index, objective in enumerate(study.objectives)
    }
    return {name: each for name, each in found.items() if each is not None}


def summary(found: Mapping[str, Importances]) -> dict[str, Any]:
    """Returns what the trial record says of them; empty where they are not known."""
    told = {name: dataclasses.asdict(each) for name, each in found.items()}
    return {"importances": told} if told else {}
