"""The READMEs, and what they are made of."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", "tuner_component", "kubeflow")
README, GUIDE, CLUSTER = TEXTS = [
    (ROOT / folder / "README.md").read_text(encoding="utf-8") for folder in FOLDERS
]
SNIPPETS = re.findall(r"```python\n(.*?)```", "".join(TEXTS), re.DOTALL)


def snippet(word):
    (found,) = (text for text in SNIPPETS if word in text)
    return found


def section(title):
    pattern = rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)"
    (found,) = (
        found
        for text in (README, GUIDE)
        for found in re.findall(pattern, text, re.M | re.S)
    )
    return found


def anchors(text):
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


def table(title):
    """Returns the cells of a section's table, without its head."""
    rows = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def run(snippet, **names):
    namespace = {"__name__": "readme", **names}
    exec(compile(snippet, "README.md", "exec"), namespace)
    return namespace
