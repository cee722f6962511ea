"""Earlier studies as processes of their own, weighted by how they rank today's trials.

Reference:
    Wistuba et al., 2018, Scalable Gaussian Process-Based Transfer Surrogates for
    Hyperparameter Optimization (the sum of improvements); Feurer et al., 2018,
    Scalable Meta-Learning for Bayesian Optimization, arXiv:1802.02219 (the weights).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.encoding import Encoding
from tuner_component.strategies.gaussian_process.fit import fit, inverse_of
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.prior import Prior, tied
from tuner_component.strategies.gaussian_process.subset import representative
from tuner_component.strategies.gaussian_process.surrogate import Observations
from tuner_component.strategies.gaussian_process.targets import tempered
from tuner_component.strategies.prior_studies import PriorStudy

Array = npt.NDArray[np.float64]
Worth = Callable[[Array], Array]

_LEAST_TRIALS = 3
_MAX_STUDIES = 20
_MAX_FITTED = 150
_MAX_RANKED = 60
_NUM_SAMPLES = 256


class Ensemble:
    """Adds to what candidates are worth what earlier studies expect of them.

    Earlier studies of a few trials only do not count.

    Args:
        encoding: Of the space, which every trial of the studies lies in.
        studies: The more important first.
    """

    def __init__(self, encoding: Encoding, studies: Sequence[PriorStudy]) -> None:
        self._encoding = encoding
        self._prior = tied(encoding)
        groups = [group for study in studies for group in study.by_resource()]
        large = [group for group in groups if len(group.trials) >= _LEAST_TRIALS]
        self._studies = large[:_MAX_STUDIES]

    @property
    def is_useful(self) -> bool:
        """Whether a study is large enough to say anything."""
        return bool(self._studies)

    def worth(
        self, seen: Observations, today: Worth, generator: np.random.Generator
    ) -> Worth:
        """Returns what gives features of shape `(m, num_features)` their worth.

        That is the logarithm of a weighted mean of the improvements that today's
        trials and each earlier study expect. How sure an earlier study is does not
        count: no trial of today makes it surer, so it would ask for one place for good.

        Args:
            seen: Today's trials.
            today: What today's trials alone expect, as a logarithm.
            generator: For the weights.
        """
        weights = self.weights(seen, generator)
        parts = [
            (np.log(weight), process, _incumbent(process, seen))
            for weight, process in zip(weights[1:], self._processes, strict=True)
            if weight > 0
        ]
        if not parts:
            return today

        def worth(features: Array) -> Array:
            with np.errstate(divide="ignore"):
                total = np.log(weights[0]) + today(features)
                for log_weight, process, incumbent in parts:
                    gain = np.maximum(incumbent - process.mean(features), 0.0)
                    total = np.logaddexp(total, log_weight + np.log(gain))
            return np.asarray(total)

        return worth

    def weights(self, seen: Observations, generator: np.random.Generator) -> Array:
        """Returns how likely each is to rank today's trials best.

        A study that ranks them no better than a coin has the weight 0.

        Args:
            seen: Today's trials.
            generator: For samples of what each predicts.

        Returns:
            Sum 1, shape `(1 + num_studies,)`: that of today's trials comes first,
            for which each trial is predicted from the others.
        """
        kept = representative(seen.losses, _MAX_RANKED)
        features, targets = seen.features[kept], tempered(seen.losses[kept])
        predicted = [
            _left_out(features, targets, self._prior),
            *(process.predict(features) for process in self._processes),
        ]
        losses = np.stack([_misranked(*each, targets, generator) for each in predicted])
        mistaken = losses[1:].mean(1) >= 0.5
        losses[1:][mistaken] = np.inf
        best = losses == losses.min(0)
        return np.asarray((best / best.sum(0)).mean(1))

    @functools.cached_property
    def _processes(self) -> list[Posterior]:
        return [self._process(study) for study in self._studies]

    def _process(self, study: PriorStudy) -> Posterior:
        losses = np.array([trial.loss for trial in study.trials])
        kept = representative(losses, _MAX_FITTED)
        codes = [self._encoding.codes(study.trials[i].values) for i in kept]
        features = self._encoding.features(np.stack(codes))
        targets = tempered(losses[kept])
        kernel = fit(features, targets, self._prior)
        return Posterior(kernel, features, targets)


def _incumbent(process: Posterior, seen: Observations) -> float:
    tried = np.concatenate([seen.features, seen.running])
    return float(process.mean(tried).min())


def _misranked(
    mean: Array, stddev: Array, targets: Array, generator: np.random.Generator
) -> Array:
    """Returns the share of pairs in the wrong order, in each of many samples.

    Args:
        mean: Predicted, shape `(n,)`.
        stddev: Of the prediction, shape `(n,)`.
        targets: What came out, shape `(n,)`.
        generator: For the samples.

    Returns:
        Shape `(_NUM_SAMPLES,)`, 0 to 1; 0.5 where no two targets differ.
    """
    samples = mean + stddev * generator.standard_normal((_NUM_SAMPLES, len(mean)))
    first, second = np.triu_indices(len(targets), 1)
    differ = targets[first] != targets[second]
    first, second = first[differ], second[differ]
    if not len(first):
        return np.full(_NUM_SAMPLES, 0.5)
    wrong = (samples[:, first] < samples[:, second]) != (
        targets[first] < targets[second]
    )
    return np.asarray(wrong.mean(1))


def _left_out(features: Array, targets: Array, prior: Prior) -> tuple[Array, Array]:
    """Returns each target's mean and standard deviation given the others.

    Reference:
        Rasmussen and Williams, 2006, Gaussian Processes for Machine Learning,
        eq. 5.12.
    """
    kernel = fit(features, targets, prior)
    covariance = kernel.covariance(features, features)
    inverse = inverse_of(kernel.factor(covariance))
    precision = np.diag(inverse)
    mean = targets - inverse @ (targets - targets.mean()) / precision
    return np.asarray(mean), np.sqrt(1 / precision)
