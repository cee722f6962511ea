"""Training of Keras models as one graph per epoch, equal to `model.fit`."""

from tuner_component.training.examples import Examples, examples_of, shuffled
from tuner_component.training.fit import Plan, fit
from tuner_component.training.fit_in_graphs import fit_in_graphs
from tuner_component.training.fused_fit import fit_together
from tuner_component.training.graph_files import GRAPH_FOLDER
from tuner_component.training.members import Member, groups_of
from tuner_component.training.support import fall_back, why_not
from tuner_component.training.together import alone, needs_of
from tuner_component.training.unconfigured import settings

__all__ = [
    "GRAPH_FOLDER",
    "Examples",
    "Member",
    "Plan",
    "alone",
    "examples_of",
    "fall_back",
    "fit",
    "fit_in_graphs",
    "fit_together",
    "groups_of",
    "needs_of",
    "settings",
    "shuffled",
    "why_not",
]
