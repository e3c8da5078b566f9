"""Land a file of contacts that agencies report: each row becomes a record of its case, as one that is told afterwards.

What took place is on record whatever the rules say of it: the guard judges each row by its own instant and line, counts
it, and tells what was not allowed; words are held against the list. Rows land in the order in which they happened, so that
the fourth call of a day is the fourth.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from liangqing.cases.actions import records
from liangqing.cases.kinds import CONTACTS
from liangqing.cases.lifecycle import CaseStage
from liangqing.cases.models import Case, Reached, Reported
from liangqing.cases.rules.instants import instant
from liangqing.imports import problems
from liangqing.imports.landing import Arrival, Importable, Landed
from liangqing.imports.models import Import
from liangqing.imports.staging import Staging
from liangqing.kit import clock, sealing
from liangqing.kit.actions import clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.models import Source
from liangqing.outreach.queries.facts import KIND_OF
from liangqing.parties.models import Contact, Creditor, Party
from liangqing.parties.queries.members import members
from liangqing.parties.rules.ways import same
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.receivables.actions.creditors import HOME

problems.register(
    {
        "bad_instant": _(
            "{field}: “{detail}” is not a day with its time of day. Write it as 2026-01-31 09:30, with +08:00 behind it "
            "where another zone than the institution's is meant."
        ),
        "contact_not_taken": "{detail}",
        "no_case": _("There is no case of this customer and creditor: “{detail}”. Check the number."),
        "unknown_maker": _("{field}: nobody here who works on cases is called “{detail}”. Use the user name."),
        "no_maker": _("Say who made the contact, by the user name of somebody here who works on cases."),
        "promise_in_part": _("A promise has an amount and a day. Fill in both, or neither."),
        "reported_otherwise": _(
            "The contact “{detail}” was reported before, and otherwise. What is on record stays; correct the record."
        ),
        "reported_twice": _("Another row of the file reports the contact “{detail}”, and otherwise. Give each its own number."),
    }
)  # fmt: skip

_FIELDS = tuple(field.name for field in CONTACTS.fields)
_OURS = {"promise": "promise_amount", "contact": "address", "at": "contacted_at"}
"""How a refusal calls what is another field in the file."""


@dataclass
class Row:
    """One row of the file, as it was typed, with what was found for it."""

    row: int
    said: dict[str, Any]
    at: dt.datetime
    digest: bytes
    case: Case | None = None
    by: User | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the contact is known by: its agency and the number it gave it, else what the row says."""
        return self.said["agency"] or "", self.said["reference"] or f"~{self.digest.hex()}"


@clause("P2 3.3.2", "P2 3.4", "P1 2.3")
def land(arrival: Arrival) -> Landed:
    """Record each good row that was not reported before (``records.record``); one the rules of records refuse becomes a
    problem of its row, and the others land all the same."""
    staging = arrival.staging
    rows = _known_once(staging, _read(staging))
    _find_cases(staging, rows)
    _find_makers(staging, rows, arrival.record.actor_id)
    found = _new(staging, [row for row in rows if row.case and row.by])
    landed = 0
    for row in sorted(found.new, key=lambda row: (row.at, row.row)):
        landed += _record(staging, row, arrival.record)
    return Landed(created=landed, updated=0, unchanged=found.known)


def undo(_record: Import, _cursor: Any) -> dict[str, dict[str, str]]:
    """A contact took place; its record stays. Raises ``Refusal`` (409), always."""
    raise Refusal(
        "contacts_are_facts",
        _(
            "Contacts that took place can't be taken back. Correct the records that are wrong; both then stay on record."
        ),
    )


def _read(staging: Staging) -> list[Row]:
    """The good rows with their instants."""
    found = staging.con.execute(f"SELECT row, {', '.join(_FIELDS)} FROM {staging.good()} ORDER BY row").fetchall()
    rows, wrong = [], []
    zone = clock.zone()
    for number, *values in found:
        said = dict(zip(_FIELDS, values, strict=True))
        at = instant(said["contacted_at"], zone)
        if at is None:
            wrong.append((number, "contacted_at", "bad_instant", said["contacted_at"]))
        elif (said["promise_amount"] is None) != (said["promised_for"] is None):
            field = "promise_amount" if said["promise_amount"] is None else "promised_for"
            wrong.append((number, field, "promise_in_part", ""))
        else:
            told = {**said, "contacted_at": at.isoformat(), "reference": None}
            told["currency"] = said["currency"] if said["promise_amount"] is not None else None
            digest = sealing.index(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str))
            rows.append(Row(number, said, at, digest))
    _complain(staging, wrong)
    return rows


def _known_once(staging: Staging, rows: list[Row]) -> list[Row]:
    """Each contact once; a second row of the same number that says something else is a problem."""
    seen: dict[tuple[str, str], Row] = {}
    wrong = []
    for row in rows:
        first = seen.setdefault(row.key, row)
        if first is not row and first.digest != row.digest:
            wrong.append((row.row, "reference", "reported_twice", row.said["reference"]))
    _complain(staging, wrong)
    return list(seen.values())


def _find_cases(staging: Staging, rows: list[Row]) -> None:
    """The case a row tells of: the one it names, else the customer's with this creditor, an open one before the last."""
    creditors = {each.code: each.pk for each in Creditor.objects.all()}
    known: dict[tuple[str, str, str], Case | None] = {}
    wrong = []
    for row in rows:
        number, customer = row.said["case_number"] or "", row.said["customer"] or ""
        code = row.said["creditor"] or ("" if number else HOME)
        asked = (number, customer, code)
        if asked not in known:
            known[asked] = _case(number, customer, creditors.get(code, 0) if code else None)
        row.case = known[asked]
        if row.case is None:
            wrong.append((row.row, "case_number" if number else "customer", "no_case", number or f"{customer} {code}"))
    _complain(staging, wrong)


def _case(number: str, customer: str, creditor: int | None) -> Case | None:
    found = Case.objects.select_related("party", "creditor")
    if number:
        found = found.filter(number=number)
    if customer:
        party = Party.objects.filter(number=customer).first()
        found = found.filter(party__in=members(party)) if party else found.none()
    if creditor is not None:
        found = found.filter(creditor=creditor)
    rows = list(found.order_by("-id")[:20])
    return next((row for row in rows if row.stage == CaseStage.OPEN), rows[0] if rows else None)


def _find_makers(staging: Staging, rows: list[Row], actor_id: int | None) -> None:
    """Who made each contact: whom the row names, else who brings the file, if they work on cases."""
    people: dict[str, User] = {}
    for each in User.objects.filter(is_active=True).order_by("id"):
        if can(each, "case.work"):
            people[each.username] = each
            people.setdefault(each.name, each)
    bringing = next((each for each in people.values() if each.pk == actor_id), None)
    wrong = []
    for row in rows:
        name = (row.said["made_by"] or "").strip()
        row.by = people.get(name) if name else bringing
        if row.by is None:
            wrong.append((row.row, "made_by", "unknown_maker" if name else "no_maker", name))
    _complain(staging, wrong)


@dataclass(frozen=True)
class _Sorted:
    new: list[Row]
    known: int


def _new(staging: Staging, rows: Sequence[Row]) -> _Sorted:
    """Those not reported before, and how many were; one reported before otherwise is a problem."""
    references = {row.key[1] for row in rows}
    before = {
        (each.agency, each.reference): bytes(each.digest) for each in Reported.objects.filter(reference__in=references)
    }
    new, wrong, known = [], [], 0
    for row in rows:
        if row.key not in before:
            new.append(row)
        elif before[row.key] == row.digest:
            known += 1
        else:
            wrong.append((row.row, "reference", "reported_otherwise", row.said["reference"]))
    _complain(staging, wrong)
    return _Sorted(new, known)


def _record(staging: Staging, row: Row, imported: Import) -> int:
    """Write one row down; 1 where it landed."""
    assert row.case is not None
    assert row.by is not None
    said = row.said
    promise = None
    if said["promise_amount"] is not None:
        promise = (Money(said["promise_amount"], said["currency"]), said["promised_for"])
    try:
        with transaction.atomic():
            written = records.record(
                row.case,
                channel=said["channel"],
                result=said["result"],
                reached=said["reached"] or Reached.NOBODY,
                by=row.by,
                contact=_contact(row.case, said["channel"], said["address"] or ""),
                address=said["address"] or "",
                note=said["note"] or "",
                promise=promise,
                at=row.at,
                line=said["line"] or "",
                duration_s=said["duration_s"],
                source=Source.AGENCY,
            )
            agency, reference = row.key
            Reported.objects.create(
                agency=agency, reference=reference, digest=row.digest, record=written, imported=imported.pk
            )
    except Refusal as refusal:
        field = str(refusal.facts.get("field") or "")
        field = _OURS.get(field, field)
        _complain(staging, [(row.row, field if field in _FIELDS else "", "contact_not_taken", refusal.sentence)])
        return 0
    return 1


def _contact(case: Case, channel: str, address: str) -> Contact | None:
    """The customer's contact that is this number or address, if it is known."""
    kind = KIND_OF.get(channel)  # type: ignore[call-overload]
    if kind is None or not address.strip():
        return None
    index = sealing.index(same(kind, address))
    return Contact.objects.filter(party__in=members(case.party), kind=kind, value_index=index).order_by("id").first()


def _complain(staging: Staging, wrong: Iterable[tuple[int, str, str, str | None]]) -> None:
    for each in wrong:
        staging.con.execute("INSERT INTO problems VALUES (?, ?, ?, ?)", list(each)).fetchall()


IMPORTABLE = Importable(kind=CONTACTS, land=land, undo=undo)
