"""Which hyperparameters decided the objective, as far as the trials tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space import SearchSpace
from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies import comparable
from tuner_component.strategies.gaussian_process.fit import fit
from tuner_component.strategies.gaussian_process.functional_anova import decomposed
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import separate
from tuner_component.strategies.gaussian_process.subset import representative
from tuner_component.strategies.gaussian_process.targets import tempered
from tuner_component.trial import REPEAT_OF, Trial

Array = npt.NDArray[np.float64]

_LEAST_TRIALS = 10
_LEAST_EXPLAINED = 0.4
"""From up to 50 trials; from more, less: what pure noise seldom reaches."""
_MAX_FITTED, _MAX_OBSERVED = 150, 300


@dataclasses.dataclass(frozen=True)
class Importances:
    """Shares of the variance of an objective over the search space.

    Attributes:
        shares: Hyperparameter name to the share of its main effect, the largest first;
            empty where the trials do not tell.
        interactions: What is left: the share of what several do together.
        num_trials: How many trials with a score it was estimated from.
        explained: The share of the trials' variance that the surrogate predicts when
            each is left out, R², <= 1.
    """

    shares: Mapping[str, float]
    interactions: float
    num_trials: int
    explained: float


def estimated(
    space: SearchSpace, trials: Sequence[Trial], objective: int = 0
) -> Importances | None:
    """Returns the importances of an objective by functional ANOVA of a surrogate.

    A Gaussian process is fitted to the trials with a score, those with less training
    as if they had been trained to the end, and its mean's variance over the space is
    decomposed; see `decomposed` for what that is. The worse half of the losses counts
    by rank only, so that diverged trainings do not decide. Parameters of one name,
    under several conditions, are added up. The same trials give the same importances.

    Args:
        space: What was searched; its constraints do not count.
        trials: In the order of their numbers. Runs of a configuration with further
            seeds do not count.
        objective: Which of the study's objectives.

    Returns:
        None if there are fewer than ten trials with a score, if all have the same, or
        if fewer than two hyperparameters have several values.
    """
    encoding = Encoding(space)
    varied = {c.parameter.name for c in encoding.columns if c.num_features}
    scored = _scored(trials, objective)
    losses = np.array([trial.loss for trial in scored], float)
    if len(varied) < 2 or len(losses) < _LEAST_TRIALS or losses.min() == losses.max():
        return None
    codes = np.stack([encoding.codes(trial.used_values) for trial in scored])
    surrogate = _surrogate(encoding, encoding.features(codes), losses)
    explained = surrogate.explained()
    if explained < _LEAST_EXPLAINED * min(1.0, (50 / len(losses)) ** 0.5):
        return Importances({}, 0.0, len(losses), explained)
    effects, total = decomposed(encoding, surrogate.mean, np.random.default_rng(0))
    return _shares(encoding, effects, total, len(losses), explained)


def _scored(trials: Sequence[Trial], objective: int) -> list[Trial]:
    firsts = [_single(t, objective) for t in trials if REPEAT_OF not in t.note]
    return [trial for trial in comparable.completed(firsts) if trial.loss is not None]


def _single(trial: Trial, objective: int) -> Trial:
    """Returns the trial as if it were of a study with that objective alone."""
    rungs = tuple(
        dataclasses.replace(rung, loss=rung.losses[objective]) if rung.losses else rung
        for rung in trial.rungs
    )
    loss = trial.losses[objective] if trial.losses else trial.loss
    return dataclasses.replace(trial, loss=loss, rungs=rungs)


def _surrogate(encoding: Encoding, features: Array, losses: Array) -> Posterior:
    few = representative(losses, _MAX_FITTED)
    kernel = fit(features[few], tempered(losses[few]), separate(encoding))
    kept = representative(losses, _MAX_OBSERVED)
    return Posterior(kernel, features[kept], tempered(losses[kept]))


def _shares(
    encoding: Encoding, effects: Array, total: float, num_trials: int, explained: float
) -> Importances:
    total = max(total, float(effects.sum())) or 1.0
    shares: dict[str, float] = {}
    for column, effect in zip(encoding.columns, effects / total, strict=True):
        name = column.parameter.name
        if column.num_features:
            shares[name] = shares.get(name, 0.0) + float(effect)
    largest_first = dict(sorted(shares.items(), key=lambda item: -item[1]))
    rest = max(1.0 - sum(shares.values()), 0.0)
    return Importances(largest_first, rest, num_trials, explained)
