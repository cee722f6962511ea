"""What can be tried: parameters, the conditions between them, and the space."""

from __future__ import annotations

from tuner_component.search_space.categorical import Boolean, Choice, Fixed
from tuner_component.search_space.configurations import Configurations
from tuner_component.search_space.constraint import Constraint
from tuner_component.search_space.integer import Int
from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.search_space.real import Float
from tuner_component.search_space.space import SearchSpace

__all__ = [
    "Boolean",
    "Choice",
    "Condition",
    "Configurations",
    "Constraint",
    "Fixed",
    "Float",
    "Int",
    "Parameter",
    "SearchSpace",
]
