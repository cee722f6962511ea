"""Members that train together: epochs, callbacks, and who leaves when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tuner_component.training.examples import in_order
from tuner_component.training.fit import finished, num_steps, validates
from tuner_component.training.fused_graph import FusedGraphs
from tuner_component.training.hooks import callback_list
from tuner_component.training.members import Member
from tuner_component.training.stack import ModelStack
from tuner_component.training.xla import is_worth_a_try


class _Runner:
    """A member on its way through the epochs."""

    def __init__(self, member: Member) -> None:
        self.member, self.epoch = member, member.plan.initial_epoch
        self.logs: dict[str, Any] = {}
        member.model.stop_training = False
        plan = member.plan
        self._hooks = callback_list(
            member.model, member.callbacks, epochs=plan.epochs, steps=plan.steps
        )

    def call(self, hook: str, *arguments: Any) -> None:
        """Calls all callbacks; one that raises ends this member only."""
        if self.member.error is None:
            try:
                getattr(self._hooks, hook)(*arguments)
            except Exception as error:  # noqa: BLE001 - the user's; the others go on
                self.member.error = error

    def prepare_next(self) -> None:
        """Has the rows of the next epoch made; they are kept until they are asked."""
        plan = self.member.plan
        if self.epoch + 1 < plan.epochs:
            plan.rows(self.epoch + 1)

    @property
    def validates(self) -> bool:
        plan = self.member.plan
        return plan.validation is not None and validates(plan, self.epoch)

    @property
    def has_ended(self) -> bool:
        member = self.member
        done = self.epoch >= member.plan.epochs or member.model.stop_training
        return done or member.error is not None


class FusedTraining:
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
        """Trains each until it has ended."""
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
        with tf.device("CPU"):  # Where they are: a GPU gets all of them at once.
            rows = tf.stack([r.member.plan.rows(r.epoch) for r in self._runners])
        epoch = (plan.train, rows, plan.batch_size)
        values, metrics = self._graphs.train(
            stack.values, stack.numbers, *epoch, by_xla=self._by_xla
        )
        stack.take(values)
        for runner in self._runners:  # A GPU is at work until the metrics are read.
            runner.prepare_next()
        return _of_each(metrics, len(self._runners))

    def _validate(self) -> None:
        plan, stack = self._runners[0].member.plan, self._stack
        if plan.validation is None:
            return
        rows = in_order(plan.validation, plan.batch_size, plan.validation_steps)
        epoch = (plan.validation, rows, plan.batch_size)
        metrics = self._graphs.test(
            stack.values, stack.numbers, *epoch, by_xla=self._by_xla
        )
        found = _of_each(metrics, len(self._runners))
        for runner, logs in zip(self._runners, found, strict=True):
            if runner.validates:
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
                runner.call("on_train_end", runner.logs or None)
        if ended:
            self._by_xla = False
            left = [k for k, r in enumerate(self._runners) if r not in ended]
            self._runners = [self._runners[k] for k in left]
            self._stack.keep(left)

    def _weights_of(self, runner: _Runner) -> Callable[[], list[Any]]:
        return lambda: self._stack.weights(self._runners.index(runner))


def _of_each(metrics: Mapping[str, Any], num_members: int) -> list[dict[str, Any]]:
    arrays = {name: value.numpy() for name, value in metrics.items()}
    numbers = {n: a.tolist() if a.ndim == 1 else a for n, a in arrays.items()}
    return [
        {name: of_each[position] for name, of_each in numbers.items()}
        for position in range(num_members)
    ]
