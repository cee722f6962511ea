"""What is believed about the kernel before any trial."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.encoding import Encoding

Array = npt.NDArray[np.float64]

_ORDERED_WEIGHT = 6.0
_UNORDERED_WEIGHT = 3.0
_STDDEV = 1.5
_LOG_NOISE = -5.0
_EFFECT = 1.0
"""Variance of the sum of all main effects."""


@dataclasses.dataclass(frozen=True, eq=False)
class Prior:
    """Independent normals of the logarithms of the kernel's parameters.

    A parameter of the space has one weight, the inverse of its squared lengthscale,
    which its features share.

    Attributes:
        owner: Index of the weight of each feature, shape `(num_features,)`.
        means: Of the log weights, then of the log variances of the function, of the
            noise and of a main effect, shape `(num_weights + 3,)`.
        stddevs: Of the same shape.
        ordered: Which features are ordered, shape `(num_features,)`.
    """

    owner: npt.NDArray[np.int64]
    means: Array
    stddevs: Array
    ordered: npt.NDArray[np.bool_]

    @property
    def num_weights(self) -> int:
        """How many parameters have a weight."""
        return len(self.means) - 3


def separate(encoding: Encoding) -> Prior:
    """Returns the prior with a weight for each parameter.

    Random configurations are about 1 apart: the squared distance of two uniform
    numbers is 1/6 on average, that of two choices is nearly 1, and those of all
    parameters add up, so each weighs the less the more there are.

    Reference:
        Hvarfner et al., 2024, Vanilla Bayesian Optimization Performs Great in High
        Dimensions, arXiv:2402.02229.
    """
    present, owner = np.unique(encoding.owner, return_inverse=True)
    kinds = np.array([encoding.columns[i].is_ordered for i in present], bool)
    return _prior(encoding, owner, kinds)


def tied(encoding: Encoding) -> Prior:
    """Returns the prior with one weight for all ordered parameters and one for others.

    With few observations it errs less than `separate`, which it resembles otherwise.
    """
    kinds, owner = np.unique(_ordered(encoding), return_inverse=True)
    return _prior(encoding, owner, kinds)


def _prior(
    encoding: Encoding, owner: npt.NDArray[np.int64], kinds: npt.NDArray[np.bool_]
) -> Prior:
    num_parameters = max(len(np.unique(encoding.owner)), 1)
    weights = np.where(kinds, _ORDERED_WEIGHT, _UNORDERED_WEIGHT) / num_parameters
    log_effect = np.log(_EFFECT / num_parameters)
    return Prior(
        owner,
        np.concatenate([np.log(weights), [0.0, _LOG_NOISE, log_effect]]),
        np.concatenate([np.full(len(weights), _STDDEV), [0.5, 1.5, 1.0]]),
        _ordered(encoding),
    )


def _ordered(encoding: Encoding) -> npt.NDArray[np.bool_]:
    return np.array([encoding.columns[i].is_ordered for i in encoding.owner], bool)
