"""Training of Keras models as one graph per epoch, equal to `model.fit`."""

from tuner_component.training.examples import LABEL, Examples, examples_of, shuffled
from tuner_component.training.fit import Plan, fit
from tuner_component.training.support import fall_back, why_not

__all__ = [
    "LABEL",
    "Examples",
    "Plan",
    "examples_of",
    "fall_back",
    "fit",
    "shuffled",
    "why_not",
]
