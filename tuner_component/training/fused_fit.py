"""`model.fit` for several models of one structure at once."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from tuner_component.training import together
from tuner_component.training.batches import batch_of
from tuner_component.training.epoch_graph import make_variables
from tuner_component.training.examples import in_order
from tuner_component.training.fit import (
    Plan,
    finished,
    first_line,
    num_steps,
    validates,
)
from tuner_component.training.fused_graph import FusedGraphs
from tuner_component.training.reuse import specs_of
from tuner_component.training.stack import ModelStack
from tuner_component.training.structure import Structure, structure_of
from tuner_component.training.width import best_width
from tuner_component.training.xla import is_worth_a_try

_NUM_KEPT = 4


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
        _Training(members[part], known.graphs, stack).run()
    return ""


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
        *(structure.key, _data_key(plan), id(plan.train), id(plan.validation)),
        *(plan.batch_size, plan.steps, plan.validation_steps),
    )


def _data_key(plan: Plan) -> Hashable:
    validation = plan.validation and specs_of(plan.validation)
    return specs_of(plan.train), validation, str(plan.class_weight)


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
    key = (structure and structure.key, _data_key(plan))
    if key not in _known:
        make_variables(model, batch_of(plan.train.columns, slice(0, 1)))
        data = (plan.train, plan.validation, plan.class_weight)
        _known[key] = _Known(FusedGraphs(model, places, *data))
    _known.move_to_end(key)
    while len(_known) > _NUM_KEPT:
        _known.popitem(last=False)
    return _known[key]


class _Runner:
    """A member on its way through the epochs."""

    def __init__(self, member: Member) -> None:
        import keras

        self.member, self.epoch = member, member.plan.initial_epoch
        self.logs: dict[str, Any] | None = None
        member.model.stop_training = False
        self._hooks = keras.callbacks.CallbackList(
            list(member.callbacks),
            add_history=True,
            model=member.model,
            epochs=member.plan.epochs,
            steps=member.plan.steps,
            verbose=0,
        )

    def call(self, hook: str, *arguments: Any) -> None:
        if self.member.error is None:
            try:
                getattr(self._hooks, hook)(*arguments)
            except Exception as error:  # noqa: BLE001 - the user's; the others go on
                self.member.error = error

    @property
    def validates(self) -> bool:
        plan = self.member.plan
        return plan.validation is not None and validates(plan, self.epoch)

    @property
    def has_ended(self) -> bool:
        member = self.member
        done = self.epoch >= member.plan.epochs or member.model.stop_training
        return done or member.error is not None


class _Training:
    """Members that train together; each leaves when it has ended.

    XLA's program is of one number of members: when some have left, the graph goes on.
    """

    def __init__(
        self, members: Sequence[Member], graphs: FusedGraphs, stack: ModelStack
    ) -> None:
        self._graphs, self._stack = graphs, stack
        self._runners = [_Runner(member) for member in members]
        first = members[0]
        self._by_xla = is_worth_a_try(first.model, num_steps(first.plan))
        for runner in self._runners:
            runner.member.weights = self._weights_of(runner)

    def run(self) -> None:
        for position, runner in enumerate(self._runners):
            runner.call("on_train_begin")
            self._read(position, runner)
        self._drop_ended()
        while self._runners:
            self._epoch()
            self._drop_ended()

    def _epoch(self) -> None:
        for position, runner in enumerate(self._runners):
            runner.call("on_epoch_begin", runner.epoch)
            self._read(position, runner)
        for runner, logs in zip(self._runners, self._train(), strict=True):
            runner.logs = logs
        if any(runner.validates for runner in self._runners):
            self._validate()
        for position, runner in enumerate(self._runners):
            if runner.member.needs == "weights":
                self._stack.put_back(position)
            runner.call("on_epoch_end", runner.epoch, runner.logs)
            self._read(position, runner)
            runner.epoch += 1

    def _train(self) -> list[dict[str, Any]]:
        import tensorflow as tf

        plan, stack = self._runners[0].member.plan, self._stack
        rows = tf.stack([r.member.plan.rows(r.epoch) for r in self._runners])
        epoch = (plan.train, rows, plan.batch_size)
        values, metrics = self._graphs.train(
            stack.values, stack.numbers, *epoch, by_xla=self._by_xla
        )
        stack.take(values)
        return _of_each(metrics, len(self._runners))

    def _validate(self) -> None:
        plan, stack = self._runners[0].member.plan, self._stack
        if plan.validation is None:
            return
        num_examples = plan.validation.num_examples
        rows = in_order(num_examples, plan.batch_size, plan.validation_steps)
        epoch = (plan.validation, rows, plan.batch_size)
        metrics = self._graphs.test(
            stack.values, stack.numbers, *epoch, by_xla=self._by_xla
        )
        found = _of_each(metrics, len(self._runners))
        for runner, logs in zip(self._runners, found, strict=True):
            if runner.validates and runner.logs is not None:
                runner.call("on_test_begin")
                runner.call("on_test_end", logs)
                runner.logs |= {f"val_{name}": value for name, value in logs.items()}

    def _read(self, position: int, runner: _Runner) -> None:
        """Takes what the callbacks have changed."""
        if runner.member.needs == "weights":
            self._stack.read_again(position)
        elif runner.member.needs == "rate":
            self._stack.read_rate(position)

    def _drop_ended(self) -> None:
        ended = [runner for runner in self._runners if runner.has_ended]
        for position, runner in enumerate(self._runners):
            if runner.has_ended:
                self._stack.put_back(position)
                finished(runner.member.model)
                runner.call("on_train_end", runner.logs)
        if ended:
            self._by_xla = False
            left = [k for k, r in enumerate(self._runners) if r not in ended]
            self._runners = [self._runners[k] for k in left]
            self._stack.keep(left)

    def _weights_of(self, runner: _Runner) -> Callable[[], list[Any]]:
        return lambda: self._stack.weights(self._runners.index(runner))


def _of_each(metrics: Mapping[str, Any], num_members: int) -> list[dict[str, Any]]:
    arrays = {name: value.numpy() for name, value in metrics.items()}
    return [
        {name: array[position] for name, array in arrays.items()}
        for position in range(num_members)
    ]
