"""The controller of reinforcement learning: a policy, and how rewards change it."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space import Parameter, SearchSpace
from tuner_component.trial import Value

Array = npt.NDArray[np.float64]

_STDDEV_OF_UNIFORM = 12**-0.5


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the controller has learned.

    Attributes:
        logits: For each parameter, shape `(num_options,)`.
        baseline: Moving average of the rewards, 0 to 1.
    """

    logits: tuple[Array, ...]
    baseline: float = 0.5


class Options:
    """What the controller can choose for one parameter.

    These are its values, or equal parts of its sampling scale where it is ordered
    and has more than `num_parts` values.

    Args:
        parameter: The parameter.
        num_parts: How many parts, >= 2.

    Attributes:
        number: How many.
    """

    def __init__(self, parameter: Parameter, num_parts: int) -> None:
        values = parameter.values()
        parted = values is None or (parameter.is_ordered and len(values) > num_parts)
        self._parameter = parameter
        self._values = None if parted else values
        self.number = num_parts if self._values is None else len(self._values)

    def draw(self, weights: Array, rng: np.random.Generator) -> Value:
        """Returns a value of the option drawn with these weights.

        Args:
            weights: Probabilities, shape `(number,)`.
            rng: Gives the random numbers.
        """
        chosen = int(np.searchsorted(np.cumsum(weights), rng.random(), side="right"))
        chosen = min(chosen, self.number - 1)
        if self._values is not None:
            return self._values[chosen]
        return self._parameter.decode((chosen + rng.random()) / self.number)

    def index(self, value: Value) -> int | None:
        """Returns the option that a value belongs to.

        None for the default of a number with few values if it is not one of them,
        and for a value from before the space changed.
        """
        if not self._parameter.contains(value):
            return None
        if self._values is None:
            fraction = self._parameter.encode(value)
            return min(int(fraction * self.number), self.number - 1)
        return self._values.index(value) if value in self._values else None


class Controller:
    """Chooses each parameter on its own: a softmax over its options.

    The arguments are those of `Reinforcement`.

    Reference:
        Williams, 1992, Simple Statistical Gradient-Following Algorithms for
        Connectionist Reinforcement Learning, eq. 4 and 11 (REINFORCE with baseline).
        Mnih et al., 2016, arXiv 1602.01783, Section 4 (gradient of the entropy).
    """

    def __init__(
        self,
        space: SearchSpace,
        num_parts: int,
        learning_rate: float,
        entropy_weight: float,
        baseline_decay: float,
    ) -> None:
        self._space = space
        self._options = [Options(p, num_parts) for p in space.parameters]
        self._indices = {p: index for index, p in enumerate(space.parameters)}
        self._learning_rate = learning_rate
        self._entropy_weight = entropy_weight
        self._baseline_decay = baseline_decay

    def start(self) -> Policy:
        """Returns the policy that prefers nothing."""
        return Policy(tuple(np.zeros(options.number) for options in self._options))

    def draw(
        self, policy: Policy, sharpness: float, rng: np.random.Generator
    ) -> dict[str, Value]:
        """Returns a configuration.

        Args:
            policy: What was learned.
            sharpness: Multiplies the logits: 1 follows the policy, 0 is uniform.
            rng: Gives the random numbers.
        """

        def choose(parameter: Parameter) -> Value:
            index = self._indices[parameter]
            weights = _softmax(policy.logits[index] * sharpness)
            return self._options[index].draw(weights, rng)

        return self._space.build(choose)

    def learn(
        self, policy: Policy, values: Mapping[str, Value], reward: float
    ) -> Policy:
        """Returns the policy after a trial; what was inactive in it stays.

        Args:
            policy: What was learned before.
            values: The configuration of the trial.
            reward: 0 to 1, evenly distributed while the policy does not improve.
        """
        advantage = (reward - policy.baseline) / _STDDEV_OF_UNIFORM
        decay = self._baseline_decay
        logits = list(policy.logits)
        for parameter in self._space.active(values):
            index = self._indices[parameter]
            chosen = self._options[index].index(values[parameter.name])
            if chosen is not None:
                gradient = _gradient(
                    logits[index], chosen, advantage, self._entropy_weight
                )
                logits[index] = logits[index] + self._learning_rate * gradient
        baseline = decay * policy.baseline + (1 - decay) * reward
        return Policy(tuple(logits), baseline)


def rank_reward(loss: float, earlier: Sequence[float]) -> float:
    """Returns the share of `earlier` losses that are worse, equal ones by half.

    Args:
        loss: Of the trial rewarded; infinite for a failure.
        earlier: At least one, in ascending order.
    """
    better = bisect.bisect_left(earlier, loss)
    not_worse = bisect.bisect_right(earlier, loss)
    return 1.0 - (better + not_worse) / (2.0 * len(earlier))


def _gradient(
    logits: Array, chosen: int, advantage: float, entropy_weight: float
) -> Array:
    """Returns the gradient of `advantage * log p(chosen) + weight * entropy`."""
    weights = _softmax(logits)
    log_weights = np.log(np.maximum(weights, 1e-300))
    entropy = -float(weights @ log_weights)
    likelihood = (np.arange(len(logits)) == chosen) - weights
    spread = -weights * (log_weights + entropy)
    gradient: Array = advantage * likelihood + entropy_weight * spread
    return gradient


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max())
    weights: Array = powers / powers.sum()
    return weights
