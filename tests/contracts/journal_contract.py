"""What every journal must do. Subclass it once for each kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner_component.errors import JournalError
from tuner_component.journal import Journal

RECORDS = [
    {"type": "study", "header": {"space": "a1"}},
    {"type": "proposed", "text": 'é "\n\\ 東京 \ud800', "list": [1, 2.5, None, True]},
    {"type": "ended", "score": -1e-300},
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


class JournalContract:
    """The suite; a subclass says how a journal is kept and how it is damaged."""

    def create(self) -> object:
        """Returns a new, empty place for a journal."""
        raise NotImplementedError

    def open(self, place: object) -> Journal:
        """Opens the journal of a place, as another process would."""
        raise NotImplementedError

    def last_size(self, place: object) -> int:
        """Returns how many bytes the last record takes."""
        raise NotImplementedError

    def tear(self, place: object, num_bytes: int) -> None:
        """Leaves only the first bytes of the last record."""
        raise NotImplementedError

    def positions(self, place: object) -> list[tuple[int, object]]:
        """Returns the number of a record and a key to `flip`, for every byte."""
        raise NotImplementedError

    def flip(self, place: object, key: object) -> Callable[[], None]:
        """Changes one bit, and returns what changes it back."""
        raise NotImplementedError

    def filled(self) -> object:
        place = self.create()
        journal = self.open(place)
        for record in RECORDS:
            journal.append(record)
        return place

    def outcome(self, place: object) -> tuple[list, JournalError | None]:
        try:
            return self.open(place).read(), None
        except JournalError as error:
            return [], error

    def test_a_journal_that_is_not_there_is_empty(self):
        assert self.open(self.create()).read() == []

    def test_records_come_back_in_order(self):
        place = self.create()
        journal = self.open(place)
        for number in range(25):
            journal.append({"number": number})
        expected = [{"number": number} for number in range(25)]
        assert journal.read() == expected
        assert self.open(place).read() == expected

    def test_appending_goes_on_after_reopening(self):
        place = self.filled()
        self.open(place).append({"more": 1})
        journal = self.open(place)
        assert journal.read() == [*RECORDS, {"more": 1}]
        journal.append({"more": 2})
        assert self.open(place).read() == [*RECORDS, {"more": 1}, {"more": 2}]

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
    def test_what_is_not_strict_json_is_refused(self, value):
        place = self.filled()
        journal = self.open(place)
        with pytest.raises(ValueError, match="JSON compliant"):
            journal.append({"score": value})
        with pytest.raises(TypeError):
            journal.append({"score": object()})
        journal.append({"more": 1})
        assert self.open(place).read() == [*RECORDS, {"more": 1}]

    def test_a_torn_tail_is_dropped_before_the_next_append(self):
        for kept in range(self.last_size(self.filled())):
            place = self.filled()
            self.tear(place, kept)
            assert self.open(place).read() == RECORDS[:-1]
            journal = self.open(place)
            journal.append({"more": kept})
            journal.append({"more": "again"})
            expected = [*RECORDS[:-1], {"more": kept}, {"more": "again"}]
            assert self.open(place).read() == expected

    def test_a_damaged_byte_is_found_wherever_it_is(self):
        place = self.filled()
        for number, key in self.positions(place):
            undo = self.flip(place, key)
            records, error = self.outcome(place)
            if error is None:
                assert records == RECORDS[:-1]
                assert number == len(RECORDS) - 1
            else:
                assert error.record == number
                assert f"Record {number} " in str(error)
                assert error.location in str(error)
            undo()
        assert self.open(place).read() == RECORDS

    def test_a_large_record(self):
        place = self.filled()
        record = {"curve": ["é" * 100] * 20_000}
        self.open(place).append(record)
        assert self.open(place).read() == [*RECORDS, record]

    def test_a_second_writer_is_noticed(self):
        place = self.filled()
        first, second = self.open(place), self.open(place)
        first.read()
        second.append({"by": "second"})
        with pytest.raises(JournalError, match="Somebody else has written"):
            first.append({"by": "first"})
        assert self.open(place).read() == [*RECORDS, {"by": "second"}]

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )
    @given(st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=4)))
    def test_any_json_comes_back(self, records):
        place = self.create()
        journal = self.open(place)
        for record in records:
            journal.append(record)
        assert self.open(place).read() == records
