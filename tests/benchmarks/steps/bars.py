"""Where the CPU seconds of each step go, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_PARTS = {"imports": "#9aa5b1", "arithmetic": "#2f855a", "overhead": "#c05621"}
_LEFT, _WIDTH, _BAR = 190, 620, 18


def write_bars(
    found: Mapping[str, Mapping[str, Mapping[str, float]]], path: Path
) -> None:
    """Writes stacked bars as SVG.

    Args:
        found: Task and variant to costs; the variant `bare` is the arithmetic.
        path: The file.
    """
    rows = [
        (f"{task} {variant}", _parts(costs, variants["bare"]["step_cpu"]))
        for task, variants in found.items()
        for variant, costs in variants.items()
        if variant != "bare"
    ]
    most = max(sum(parts.values()) for _, parts in rows)
    shapes = [_legend()]
    for number, (name, parts) in enumerate(rows):
        shapes.append(_row(30 + number * (_BAR + 8), name, parts, _WIDTH / most))
    height = 40 + len(rows) * (_BAR + 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 90}" '
        f'height="{height}" font-family="sans-serif" font-size="12">\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def _parts(costs: Mapping[str, float], arithmetic: float) -> dict[str, float]:
    bare = min(arithmetic, costs["step_cpu"])
    rest = costs["step_cpu"] - bare
    return {"imports": costs["import_cpu"], "arithmetic": bare, "overhead": rest}


def _row(top: int, name: str, parts: Mapping[str, float], scale: float) -> str:
    middle = top + _BAR - 5
    shapes = [f'<text x="4" y="{middle}">{name}</text>']
    left = float(_LEFT)
    for part, seconds in parts.items():
        shapes.append(
            f'<rect x="{left:.1f}" y="{top}" width="{seconds * scale:.1f}" '
            f'height="{_BAR}" fill="{_PARTS[part]}"/>'
        )
        left += seconds * scale
    total = f"{sum(parts.values()):.1f} CPU s"
    return "\n".join([*shapes, f'<text x="{left + 5:.1f}" y="{middle}">{total}</text>'])


def _legend() -> str:
    places = enumerate(_PARTS.items())
    return "\n".join(
        f'<rect x="{_LEFT + 110 * place}" y="6" width="12" height="12" fill="{colour}"/>'
        f'<text x="{_LEFT + 110 * place + 17}" y="16">{part}</text>'
        for place, (part, colour) in places
    )
