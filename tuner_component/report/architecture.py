"""The winning architecture as a drawing: nodes, and the operations between them."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence

from tuner_component.pareto.ranking import ranked
from tuner_component.search_space.wiring import Wire, Wiring, architecture_hash, wirings
from tuner_component.trial import Objective, Trial, Value

_STEP, _ROW, _MARGIN, _RADIUS = 150, 64, 40, 13
_COLOUR, _LINE = "#2f6ea8", "#8fb4d9"


def drawings(trials: Sequence[Trial], objectives: Sequence[Objective]) -> str:
    """Returns the best trial's architectures as HTML; "" where it has none.

    Args:
        trials: All trials.
        objectives: What decides which is the best.
    """
    best = next(iter(ranked(trials, objectives)), None)
    if best is None or not wirings(best.used_values.items()):
        return ""
    return (
        f"<h2>Architecture of trial {html.escape(best.trial_id)}</h2>"
        f"<p>Hash {architecture_hash(best.used_values)}.</p>{svg(best.used_values)}"
    )


def svg(values: Mapping[str, Value]) -> str:
    """Returns the architectures among a trial's values as one SVG image.

    What takes no part in them is left out. Lines without a label pass the tensor on
    unchanged.

    Args:
        values: Hyperparameter name to value.

    Raises:
        ValueError: If there is no architecture among them.
    """
    architecture_hash(values)
    parts, top, width = [], 0, 0
    for each in wirings(values.items()):
        picture, right, bottom = _picture(each, values, top)
        parts.append(picture)
        top, width = bottom, max(width, right)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'style="max-width: {width}px" role="img" font-family="system-ui, sans-serif" '
        f'font-size="12">{"".join(parts)}</svg>'
    )


def _picture(
    wiring: Wiring, values: Mapping[str, Value], top: int
) -> tuple[str, int, int]:
    """Returns a drawing, and where it ends to the right and below."""
    wires = wiring.wires(values)
    places = _places(wiring, wires)
    spans = [places[w.target][0] - places[w.source][0] for w in wires]
    first = top + 1.5 * _MARGIN + 0.75 * max(map(_bend, spans), default=0.0)
    bottom = int(first) + _ROW * (1 + max(row for _, row in places.values()))
    right = 2 * _MARGIN + _STEP * max(column for column, _ in places.values())

    def at(node: int) -> tuple[float, float]:
        column, row = places[node]
        return _MARGIN + _STEP * column, first + _ROW * row

    lines = "".join(
        _line(at(w.source), at(w.target), text) for w, text in _joined(wires)
    )
    dots = "".join(_dot(at(node), _name(wiring, node)) for node in places)
    note = f"{wiring.name}: joined by {wiring.merge(values)}"
    title = f'<text x="{_MARGIN}" y="{top + 18}">{html.escape(note)}</text>'
    return title + lines + dots, right, bottom


def _places(wiring: Wiring, wires: Sequence[Wire]) -> dict[int, tuple[int, int]]:
    """Returns the column and the row of each node; edges lead to the right."""
    nodes = {*range(wiring.num_inputs), wiring.output}
    nodes |= {wire.source for wire in wires}
    columns: dict[int, int] = {}
    for node in sorted(nodes):
        before = [columns[wire.source] for wire in wires if wire.target == node]
        columns[node] = 1 + max(before) if before else 0
    columns[wiring.output] = max(1, *columns.values())
    used: Counter[int] = Counter()
    places = {}
    for node in sorted(nodes):
        column = columns[node]
        places[node] = (column, used[column])
        used[column] += 1
    return places


def _joined(wires: Sequence[Wire]) -> list[tuple[Wire, str]]:
    """Returns one wire for all between two nodes, with what they do."""
    texts: dict[tuple[int, int], list[str]] = {}
    for wire in wires:
        text = " ".join(map(str, (wire.operation, *wire.further)))
        texts.setdefault((wire.source, wire.target), []).append(text or "=")
    return [
        (Wire(source, target), "" if all_ == ["="] else ", ".join(all_))
        for (source, target), all_ in texts.items()
    ]


def _line(begin: tuple[float, float], end: tuple[float, float], text: str) -> str:
    """Draws an edge as a curve; one that passes nodes bends upwards, out of the way."""
    (x0, y0), (x1, y1) = begin, end
    bend = _bend((x1 - x0) / _STEP)
    middle, height = (x0 + x1) / 2, (y0 + y1) / 2 - bend * 0.75 - 5
    path = (
        f"M{x0:.0f},{y0:.0f} C{x0 + _STEP / 2:.0f},{y0 - bend:.0f} "
        f"{x1 - _STEP / 2:.0f},{y1 - bend:.0f} {x1:.0f},{y1:.0f}"
    )
    label = (
        f'<text x="{middle:.0f}" y="{height:.0f}" text-anchor="middle">'
        f"{html.escape(text)}</text>"
    )
    return f'<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="2"/>{label}'


def _bend(num_columns: float) -> float:
    """Returns how far up the ends of an edge over so many columns pull it."""
    return 0.28 * _STEP * num_columns if num_columns > 1 else 0.0


def _dot(place: tuple[float, float], text: str) -> str:
    x, y = place
    return (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}" fill="#ffffff" '
        f'stroke="{_COLOUR}" stroke-width="2"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{text}</text>'
    )


def _name(wiring: Wiring, node: int) -> str:
    if node == wiring.output:
        return "out"
    return f"in{node}" if node < wiring.num_inputs else str(node)
