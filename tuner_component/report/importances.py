"""Which hyperparameters decided the objective: a bar for each."""

from __future__ import annotations

import html
from collections.abc import Mapping

from tuner_component.strategies.gaussian_process.importances import Importances

_MOST_BARS = 12


def drawings(found: Mapping[str, Importances]) -> str:
    """Returns a chart of the importances for each objective, as HTML.

    Args:
        found: Objective's name to what decided it; empty where nothing is known.
    """
    return "".join(_drawing(name, each) for name, each in found.items())


def _drawing(objective: str, found: Importances) -> str:
    head = f"<h2>What decided {html.escape(objective)}</h2>"
    if not found.shares:
        return (
            f"{head}<p>The {found.num_trials} trials do not tell: a Gaussian process "
            "does not predict each from the others well enough "
            f"(R² {found.explained:.2f}). More may tell.</p>"
        )
    return (
        f"{head}<p>Shares of the variance over the search space, by functional ANOVA "
        f"of a Gaussian process fitted to {found.num_trials} trials (it predicts each "
        f"from the others with R² {found.explained:.2f}).</p>"
        f'<table class="bars">{_bars(found)}</table>'
    )


def _bars(found: Importances) -> str:
    """Draws the largest one by one; all others, and interactions, have a bar each."""
    names = list(found.shares)
    single = names if len(names) <= _MOST_BARS else names[: _MOST_BARS - 1]
    others = names[len(single) :]
    rows = [_bar(name, found.shares[name]) for name in single]
    if others:
        together = sum(found.shares[name] for name in others)
        rows.append(_bar(f"{len(others)} others", together, "bar joint"))
    rows.append(_bar("interactions", found.interactions, "bar joint"))
    return "".join(rows)


def _bar(name: str, share: float, kind: str = "bar") -> str:
    return (
        f"<tr><th>{html.escape(name)}</th>"
        f'<td class="{kind}"><div style="width: {100 * share:.1f}%"></div></td>'
        f"<td>{100 * share:.0f} %</td></tr>"
    )
