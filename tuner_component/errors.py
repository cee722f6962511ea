"""The exceptions that this package raises on purpose.

Every message says what was received, what was expected, and how to fix it.
"""


class TunerError(Exception):
    """Base class of all errors of this package."""


class PreflightError(TunerError, ValueError):
    """The step cannot succeed as configured; raised before the first trial."""


class SearchSpaceError(TunerError, ValueError):
    """A search space that is empty, contradictory or not understood."""


class MorphismError(TunerError, ValueError):
    """A change of a network that a block of it does not allow."""


class JournalError(TunerError):
    """A journal that cannot be trusted.

    Attributes:
        location: File or object that holds the bad record.
        record: Zero-based index of the bad record.
        offset: Byte offset of the bad record in `location`.
    """

    def __init__(
        self, message: str, *, location: str = "", record: int = 0, offset: int = 0
    ) -> None:
        super().__init__(message)
        self.location = location
        self.record = record
        self.offset = offset


class StudyMismatchError(TunerError):
    """A study folder that belongs to another search."""


class StudyInUseError(TunerError):
    """Another live process is writing to the study."""


class SearchFailedError(TunerError):
    """The search ended without a single trial that has a score."""


class EngineError(TunerError):
    """The engine cannot run jobs (its workers do not start, for example)."""


class TrialFailedError(TunerError):
    """Raise in model code to fail a trial for good: it is not retried."""


class InfeasibleTrialError(TunerError):
    """Raise in model code for a configuration that must not count as a trial.

    The study records it and proposes another configuration in its place.
    """


class TransientTrialError(TunerError):
    """Raise in model code for a passing fault: the trial is retried."""
