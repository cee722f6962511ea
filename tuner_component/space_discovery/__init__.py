"""Which hyperparameters a user's model code asks for, and when."""

from __future__ import annotations

from tuner_component.space_discovery.discovery import Discovery, discover

__all__ = ["Discovery", "discover"]
