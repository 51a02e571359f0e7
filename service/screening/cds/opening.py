"""The chart of a call: which studies it may speak for, and what was read of it; remembered, or found out now."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from service.errors import EhrError, InsufficientData
from service.fhir.cds.call import Call
from service.screening.cds.counter import Counter
from service.screening.cds.looked import Glance, Looked
from service.screening.cds.memory import Shown, key_of_chart
from service.screening.cds.reader import CallReader
from service.screening.cds.templates import PATIENT, key_of
from service.screening.cds.thinning import goes_by_size
from service.screening.corrected import Claims
from service.screening.decisions.claims import claims_about
from service.screening.patient import screening_date
from service.screening.record import GONE, UNREADABLE, ClaimsOf, read_record
from service.screening.tenant import Tenant

LINK = re.compile(rb"link|\\u006[9BbCcEe]")  # or a letter of it, written by its number
NO_PATIENT = "the Patient neither came along under the key patient, nor can be read"
NO_RECORDS = "no records came along, and none can be read; send at least one of: "


class Opening:
    """One chart that is being opened. `was_read`: it was not known, and took its time."""

    def __init__(self, counter: Counter, call: Call, now: datetime) -> None:
        self._counter, self._call = counter, call
        self.at = screening_date(counter.tenant, now)
        self._key = key_of_chart(call, (key for key, _ in counter.entry.keys), counter.tenant.own_bases)
        self.was_read = False
        self._kept: bytes | None = None  # the key of what was read, if it is remembered

    def suggested(self) -> frozenset[str] | None:
        """The studies that it may speak for, as `Entry.suggested` tells; None, too, where another record of the same
        person may have to be asked for, whose codes did not come along.
        """
        if self._lends and self.may_be_merged:
            return None
        memory = self._counter.memory.told
        told = memory.get(self._key, self.at)
        if told is None:
            told = self._counter.entry.suggested(self._call)
            if told is not None:
                memory.keep(self._key, self.at, told)
        return told

    @property
    def may_be_merged(self) -> bool:
        """May other records of the same person exist? What was decided under their numbers is then not known yet.

        Surely not of a Patient of this id that came along and in which no link stands, however it is spelled.
        """
        sent, own = self._call.prefetch.get(PATIENT, b""), f'"{self._call.patient}"'.encode()
        return b'"Patient"' not in sent or own not in sent or LINK.search(sent) is not None

    def glance(self, studies: Collection[str] | None, claims: Claims) -> Glance | None:
        """What it says, if that is remembered. `studies`, `claims`: as for `look`."""
        key = None if studies is None else self._key_of_read(studies, claims)
        return None if key is None else self._counter.memory.glances.get(key, self.at)

    def look(self, studies: Collection[str] | None, claims: Claims, *, ordering: bool = False) -> Looked:
        """Read the chart for these studies, all of it having come along (None: for all that are open, and perhaps not
        all of it came). `claims`: what people said of the records of this patient. `ordering`: drugs are being ordered,
        whose dose may go by body size. Raises InsufficientData.
        """
        if studies is None:
            return self._read(self._reader(self._counter.tenant, sizes=True), self._asked_for)
        sizes = ordering or self._lends
        key, read = self._key_of_read(studies, claims), self._counter.memory.read
        with_sizes = key + b" sizes" if sizes else key
        known = read.get(with_sizes, self.at)
        if known is None:
            known, asked = self._looked(studies, claims, sizes=sizes)
            if asked or known.merged:  # what the EHR tells, or another one may tell, can be another thing next time
                return known
            read.keep(with_sizes, self.at, known, sum(map(len, self._call.prefetch.values())))
        self._kept = key
        return known

    def _looked(self, studies: Collection[str], claims: Claims, *, sizes: bool) -> tuple[Looked, bool]:
        """A chart that came along whole, and whether the EHR that lends a token was asked for more, or would have been
        if it were listed.

        Most doses do not go by body size; that is known when all has been read, and then, rarely, it is read again.
        """
        tenant = replace(self._counter.tenant, studies=tuple(sorted(studies)))
        reader = self._reader(tenant, sizes=sizes)

        def told(patients: Iterable[str]) -> Claims:
            mine = not reader.has_access and tuple(patients) == (self._call.patient,)
            return claims if mine else self._asked_for(patients)

        looked = self._read(reader, told)
        if not sizes and looked.record is not None and goes_by_size(looked.record):
            return self._looked(studies, claims, sizes=True)
        return looked, self._lends and reader.asked

    def _reader(self, tenant: Tenant, *, sizes: bool) -> CallReader:
        return CallReader(tenant, self._call, lambda: self._counter.lent(self._call), sizes)

    def remember(self, looked: Looked) -> None:
        """Remember what it says, if nothing but what came along can change that."""
        if self._kept is not None:
            glances, new = self._counter.memory.glances, looked.glance()
            known = glances.get(self._kept, self.at)
            words = new.words if known is None else {**known.words, **new.words}
            glances.keep(self._kept, self.at, replace(new, words=words))

    def shown_before(self) -> Shown | None:
        """What was shown of it to the same user, when they did the same."""
        return self._counter.memory.shown.get(self._key_of_shown(), self.at)

    def show(self, shown: Shown) -> None:
        """Remember that this is shown of it."""
        self._counter.memory.shown.keep(self._key_of_shown(), self.at, shown)

    def _key_of_shown(self) -> bytes:
        call = self._call
        return self._key + f"{call.hook.value} {call.user.kind}/{call.user.id}".encode()

    @property
    def _lends(self) -> bool:
        return self._call.access is not None and self._call.server is not None

    def _key_of_read(self, studies: Collection[str], claims: Claims) -> bytes:
        """What people said of single records belongs to what is read; and whether more could be asked of the EHR."""
        said = (f"{record} {claims[record]}" for record in sorted(claims))
        return self._key + " ".join((*sorted(studies), "with access" if self._lends else "without", *said)).encode()

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
