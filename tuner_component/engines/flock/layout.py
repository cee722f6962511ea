"""Names of the objects of a flock; whatever else lies there is passed over.

    lead/<term>.setup            what the coordinator of this term wants done
    lead/<term>.beat-<number>    its sign of life; only the last one stays
    lead/<term>.cancel-<number>.<member>    a job that must end
    lead/<term>.ended            the study has ended
    up/<member>.beat-<number>    a worker's sign of life
    up/<member>.<term>.mail-<number>        what a worker reports, in this order
    to/<member>/<term>.job-<number>         what a worker must do, in this order

Each object has one writer and never changes. Signs of life are in names, so that one
listing shows those of all workers; so are cancellations, of all jobs.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Iterable

from typing_extensions import override

from tuner_component.engines.storage.names import check_name

LEAD, UP = "lead", "up"
MARK = b"1"
"""What an object holds whose name says all: not nothing, for which a full disk has
room."""

_TERM = r"(\d{9})-([0-9a-f]{8})"
_MEMBER = r"([A-Za-z0-9_-]{1,64}\.[0-9a-f]{8})"
_NUMBER = r"(\d{9})"
_LEAD_NAME = re.compile(
    rf"{_TERM}\.(?:(setup)|(ended)|beat-{_NUMBER}|cancel-{_NUMBER}\.{_MEMBER})"
)
_UP_BEAT = re.compile(rf"{_MEMBER}\.beat-{_NUMBER}")
_UP_MAIL = re.compile(rf"{_MEMBER}\.{_TERM}\.mail-{_NUMBER}")


@dataclasses.dataclass(frozen=True, order=True)
class Term:
    """The rule of one coordinator; of two at once, the greater rules.

    Attributes:
        number: Grows with every coordinator.
        token: Tells apart those who took the same number at the same instant.
    """

    number: int
    token: str

    @override
    def __str__(self) -> str:
        return f"{self.number:09d}-{self.token}"


@dataclasses.dataclass(frozen=True)
class Lead:
    """What `lead/` says about the greatest term.

    Attributes:
        term: The term.
        beat: Number of the coordinator's last sign of life, -1 before the first.
        ended: Whether the study has ended.
        cancelled: Member to the numbers of its jobs that must end.
    """

    term: Term
    beat: int
    ended: bool
    cancelled: dict[str, set[int]]


@dataclasses.dataclass(frozen=True)
class Signs:
    """What `up/` says about all workers.

    Attributes:
        beats: Member to the number of its last sign of life.
        mails: Member to the numbers of its reports in this term.
        outdated: Names of reports in an earlier term.
    """

    beats: dict[str, int]
    mails: dict[str, set[int]]
    outdated: list[str]


def new_term(names: Iterable[str]) -> Term:
    """Returns a term above all those in `lead/`."""
    lead = read_lead(names)
    return Term(lead.term.number + 1 if lead else 0, secrets.token_hex(4))


def new_member(name: str) -> str:
    """Returns a member's id: one for each life of a worker of this name.

    Raises:
        EngineError: If the name is not a plain one.
    """
    check_name(name, "A worker's name")
    return f"{name}.{secrets.token_hex(4)}"


def read_lead(names: Iterable[str]) -> Lead | None:
    """Returns the greatest term in `lead/` that has a setup; None without one."""
    found = [match for name in names if (match := _LEAD_NAME.fullmatch(name))]
    terms = [_term(match) for match in found if match[3]]
    if not terms:
        return None
    term, beat, ended = max(terms), -1, False
    cancelled: dict[str, set[int]] = {}
    for match in found:
        if _term(match) != term:
            continue
        ended = ended or bool(match[4])
        beat = max(beat, int(match[5] or -1))
        if match[6]:
            cancelled.setdefault(match[7], set()).add(int(match[6]))
    return Lead(term, beat, ended, cancelled)


def outdated_leads(names: Iterable[str], term: Term) -> list[str]:
    """Returns the names in `lead/` that belong to terms below this one."""
    matches = (_LEAD_NAME.fullmatch(name) for name in names)
    return [f"{LEAD}/{match[0]}" for match in matches if match and _term(match) < term]


def read_signs(names: Iterable[str], term: Term) -> Signs:
    """Returns what the names in `up/` say in this term."""
    signs = Signs({}, {}, [])
    for name in names:
        if match := _UP_BEAT.fullmatch(name):
            signs.beats[match[1]] = max(signs.beats.get(match[1], -1), int(match[2]))
        elif match := _UP_MAIL.fullmatch(name):
            written = Term(int(match[2]), match[3])
            if written == term:
                signs.mails.setdefault(match[1], set()).add(int(match[4]))
            elif written < term:
                signs.outdated.append(f"{UP}/{name}")
    return signs


def setup_name(term: Term) -> str:
    """Returns the name of a term's setup."""
    return f"{LEAD}/{term}.setup"


def ended_name(term: Term) -> str:
    """Returns the name of the mark that the study has ended."""
    return f"{LEAD}/{term}.ended"


def lead_beat_name(term: Term, number: int) -> str:
    """Returns the name of a coordinator's sign of life."""
    return f"{LEAD}/{term}.beat-{number:09d}"


def cancel_name(term: Term, member: str, number: int) -> str:
    """Returns the name of the mark that a member's job must end."""
    return f"{LEAD}/{term}.cancel-{number:09d}.{member}"


def beat_name(member: str, number: int) -> str:
    """Returns the name of a worker's sign of life."""
    return f"{UP}/{member}.beat-{number:09d}"


def mail_name(member: str, term: Term, number: int) -> str:
    """Returns the name of a worker's report."""
    return f"{UP}/{member}.{term}.mail-{number:09d}"


def job_name(member: str, term: Term, number: int) -> str:
    """Returns the name of a job for a worker."""
    return f"to/{member}/{term}.job-{number:09d}"


def _term(match: re.Match[str]) -> Term:
    return Term(int(match[1]), match[2])
