"""What a study needs of the place where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tuner_component.journal import Journal


class Place(Protocol):
    """Where a study is kept."""

    @property
    def folder(self) -> str:
        """The study's folder; may have a scheme."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The study's identity; JSON."""

    @property
    def journal(self) -> Journal:
        """The study's journal; this study is its only writer."""
