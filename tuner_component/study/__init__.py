"""The study: what is journalled, what an outcome means, and where it is kept."""

from tuner_component.study.policy import Limits
from tuner_component.study.study import Study

__all__ = ["Limits", "Study"]
