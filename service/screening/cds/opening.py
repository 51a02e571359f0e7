"""The chart of a call: which studies it may speak for, and what was read of it; remembered, or found out now."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from service.errors import EhrError, InsufficientData
from service.fhir.cds.call import Call
from service.screening.cds.counter import Counter
from service.screening.cds.looked import Looked
from service.screening.cds.memory import Shown, key_of_chart
from service.screening.cds.reader import CallReader
from service.screening.cds.templates import PATIENT, key_of
from service.screening.corrected import Claims
from service.screening.decisions.claims import claims_about
from service.screening.patient import screening_date
from service.screening.record import GONE, UNREADABLE, ClaimsOf, read_record

NO_PATIENT = "the Patient neither came along under the key patient, nor can be read"
NO_RECORDS = "no records came along, and none can be read; send at least one of: "


class Opening:
    """One chart that is being opened. `was_read`: it was not known, and took its time. `is_known`: it is by now."""

    def __init__(self, counter: Counter, call: Call, now: datetime) -> None:
        self._counter, self._call = counter, call
        self.at = screening_date(counter.tenant, now)
        self._key = key_of_chart(call, (key for key, _ in counter.entry.keys))
        self.was_read = self.is_known = False

    def suggested(self) -> frozenset[str] | None:
        """The studies that it may speak for, as `Entry.suggested` tells."""
        memory = self._counter.memory.told
        told = memory.get(self._key, self.at)
        if told is None:
            told = self._counter.entry.suggested(self._call)
            if told is not None:
                memory.keep(self._key, self.at, told)
        return told

    @property
    def may_be_merged(self) -> bool:
        """May other records of the same person exist? What was decided under their numbers is then not known yet."""
        sent = self._call.prefetch.get(PATIENT, b"link")
        return b"link" in sent or b"\\u" in sent

    def look(self, studies: Collection[str] | None, claims: Claims) -> Looked:
        """Read the chart for these studies, all of it having come along (None: for all that are open, and perhaps not
        all of it came). `claims`: what people said of the records of this patient. Raises InsufficientData."""
        counter, call = self._counter, self._call
        if studies is None:
            everything = CallReader(counter.tenant, call, lambda: counter.lent(call))
            return self._read(everything, self._asked_for)
        lends = call.access is not None and call.server is not None
        about = " ".join((*sorted(studies), "with access" if lends else "without", *_said(claims)))
        key = self._key + about.encode()
        known = counter.memory.read.get(key, self.at)
        if known is None:
            tenant = replace(counter.tenant, studies=tuple(sorted(studies)))
            reader = CallReader(tenant, call, lambda: counter.lent(call))

            def told(patients: Iterable[str]) -> Claims:
                mine = not reader.has_access and tuple(patients) == (call.patient,)
                return claims if mine else self._asked_for(patients)

            known = self._read(reader, told)
            if known.merged or reader.has_access:  # what the EHR tells may be another thing next time
                return known
            counter.memory.read.keep(key, self.at, known, sum(map(len, call.prefetch.values())))
        self.is_known = True
        return known

    def shown_before(self) -> Shown | None:
        """What was shown of it to the same user, when they did the same."""
        return self._counter.memory.shown.get(self._key_of_shown(), self.at)

    def show(self, shown: Shown) -> None:
        """Remember that this is shown of it."""
        if self.is_known:
            self._counter.memory.shown.keep(self._key_of_shown(), self.at, shown)

    def _key_of_shown(self) -> bytes:
        call = self._call
        return self._key + f"{call.hook.value} {call.user.kind}/{call.user.id}".encode()

    def _asked_for(self, patients: Iterable[str]) -> Claims:
        return claims_about(self._counter.store, self._counter.tenant.name, patients)

    def _read(self, reader: CallReader, claims: ClaimsOf) -> Looked:
        self.was_read = True
        reader.load()
        try:
            recorded = read_record(reader.tenant, self._call.patient, reader, self.at, claims)
        except EhrError as problem:
            raise InsufficientData(NO_PATIENT) from problem
        if recorded.withheld in (GONE, UNREADABLE):
            raise InsufficientData(NO_PATIENT)
        if reader.is_empty and recorded.record is not None:
            keys = ", ".join(sorted(key_of(each) for each in reader.lacking))
            raise InsufficientData(NO_RECORDS + keys)
        whose = recorded.record, reader.lacking, recorded.merged
        return Looked(reader.tenant, self.at, *whose, self._counter.recall, self._counter.words)


def _said(claims: Claims) -> Iterator[str]:
    """What people said of single records belongs to what was read."""
    return (f"{record} {claims[record]}" for record in sorted(claims))
