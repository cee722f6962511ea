"""Append-only records that survive a crash at any byte."""

from tuner_component.journal.journal import Journal, open_journal
from tuner_component.journal.local import LocalJournal
from tuner_component.journal.objects import ObjectJournal, ObjectStore

__all__ = ["Journal", "LocalJournal", "ObjectJournal", "ObjectStore", "open_journal"]
