"""Models that are to be trained, and which of them can train together."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from tuner_component.training import together
from tuner_component.training.batches import batch_of
from tuner_component.training.fit import Plan, first_line
from tuner_component.training.model_variables import make_variables
from tuner_component.training.reuse import specs_of
from tuner_component.training.structure import Structure, structure_of


@dataclasses.dataclass(eq=False)
class Member:
    """A model that is to be trained, among others.

    Attributes:
        model: Compiled; `support.why_not` knows no reason against it.
        plan: What to do.
        callbacks: Keras callbacks without hooks for batches.
        needs: What callbacks read or change at the ends of an epoch, see
            `together.needs_of`: the rest of the model is behind while it trains.
        weights: Returns copies of the model's variables, however far behind it is.
        error: What a callback raised; the training has ended there.
    """

    model: Any
    plan: Plan
    callbacks: Sequence[Any] = ()
    needs: together.Needs = "weights"
    weights: Callable[[], list[Any]] = list
    error: Exception | None = None


def groups_of(members: Sequence[Member]) -> list[list[Member]]:
    """Returns those that can train together, the largest group first.

    Who is left out trains alone; why is said once in a process.
    """
    groups: dict[Hashable, list[Member]] = collections.defaultdict(list)
    for member in members:
        structure, reason = _structure(member)
        if structure is None or reason:
            together.alone(reason)
        else:
            groups[_key(member, structure)].append(member)
    return sorted(groups.values(), key=len, reverse=True)


def _structure(member: Member) -> tuple[Structure | None, str]:
    """Returns a model's structure, and why it must train alone or ""."""
    model = member.model
    try:
        if not model.built:
            make_variables(model, batch_of(member.plan.train.columns, slice(0, 1)))
        structure = structure_of(model)
        return structure, together.why_not(model, structure)
    except Exception as error:  # noqa: BLE001 - alone, what is wrong shows again
        return None, first_line(error)


def _key(member: Member, structure: Structure) -> Hashable:
    """Returns what is equal for models that train together."""
    plan = member.plan
    return (
        *(structure.key, data_key(plan), id(plan.train), id(plan.validation)),
        *(plan.batch_size, plan.steps, plan.validation_steps),
    )


def data_key(plan: Plan) -> Hashable:
    """Returns what is equal for data that the same graphs can train on."""
    validation = plan.validation and specs_of(plan.validation)
    return specs_of(plan.train), validation, str(plan.class_weight)
