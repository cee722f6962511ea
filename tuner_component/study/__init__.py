"""The study: what is journalled, what an outcome means, and where it is kept."""

from tuner_component.study.policy import StudyLimits
from tuner_component.study.study import Study

__all__ = ["Study", "StudyLimits"]
