"""The links of the READMEs lead somewhere, and to nothing of a machine."""

from __future__ import annotations

import re

import pytest

from tests.readme.texts import FOLDERS, GUIDE, README, ROOT, TEXTS, anchors


@pytest.mark.parametrize("folder", FOLDERS)
def test_relative_links_lead_somewhere(folder):
    file = ROOT / folder / "README.md"
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", file.read_text())
    assert links
    for path, anchor in links:
        target = file.parent / path if path else file
        assert target.exists()
        assert not anchor or anchor in anchors(target.read_text())


def test_the_readme_is_short_and_leads_to_every_section_of_the_guide():
    assert len(README.splitlines()) <= 260
    for title in re.findall(r"^## (.+)$", GUIDE, re.M):
        (anchor,) = anchors(f"# {title}")
        assert f"(tuner_component/README.md#{anchor})" in README


def test_nothing_of_a_machine_is_named():
    assert re.findall(r"/(?:work|home|root|tmp|Users)/\S*", "".join(TEXTS)) == []
