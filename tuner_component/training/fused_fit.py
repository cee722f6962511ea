"""`model.fit` for several models of one structure at once."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from tuner_component.training.batches import batch_of
from tuner_component.training.fit import first_line
from tuner_component.training.fused_graph import FusedGraphs
from tuner_component.training.fused_training import FusedTraining
from tuner_component.training.members import Member, data_key
from tuner_component.training.model_variables import make_variables
from tuner_component.training.stack import ModelStack
from tuner_component.training.structure import structure_of
from tuner_component.training.width import best_width

_NUM_KEPT = 4


def fit_together(members: Sequence[Member]) -> str:
    """Trains each as `fit` would, to the same result up to rounding.

    Args:
        members: A group of `groups_of`. Each has its own numbers, seeds, order of
            examples and callbacks, and ends when it will.

    Returns:
        Why it cannot be, or "". Then nothing has been trained, and no callback called.
    """
    structures = [structure_of(member.model) for member in members]
    places = [structure.numbers for structure in structures if structure is not None]
    models = [member.model for member in members]
    try:
        known = _known_for(members[0], places[0])
        for model in models:
            model.optimizer.build(model.trainable_variables)
        if known.most < len(members):
            plan, known.most = members[0].plan, len(members)
            known.width = best_width(known.graphs, models, places, plan)
    except Exception as error:  # noqa: BLE001 - alone, what is wrong shows again
        return first_line(error)
    if known.width == 1:
        return "models of this size are faster alone"
    for begin in range(0, len(members), known.width):
        part = slice(begin, begin + known.width)
        stack = ModelStack(models[part], places[part])
        FusedTraining(members[part], known.graphs, stack).run()
    return ""


@dataclasses.dataclass
class _Known:
    """The graphs of a structure, and how many models train best by them."""

    graphs: FusedGraphs
    width: int = 1
    most: int = 1  # That many at most have been tried.


_known: collections.OrderedDict[Hashable, _Known] = collections.OrderedDict()


def _known_for(member: Member, places: Mapping[str, Any]) -> _Known:
    model, plan = member.model, member.plan
    structure = structure_of(model)
    key = (structure and structure.key, data_key(plan))
    if key not in _known:
        make_variables(model, batch_of(plan.train.columns, slice(0, 1)))
        data = (plan.train, plan.validation, plan.class_weight)
        _known[key] = _Known(FusedGraphs(model, places, *data))
    _known.move_to_end(key)
    while len(_known) > _NUM_KEPT:
        _known.popitem(last=False)
    return _known[key]
