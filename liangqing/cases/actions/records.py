"""Records of contacts 催收记录, as people write them, and what follows from them by the table case.result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing.cases.actions import contacted, files, promises, tasks
from liangqing.cases.actions.files import Upload
from liangqing.cases.attitudes import ATTITUDES
from liangqing.cases.events import PromiseWithdrawn, RecordWritten
from liangqing.cases.lifecycle import PROMISE, CaseStage, PromiseState, TaskState
from liangqing.cases.models import Case, Channel, Promise, Reached, Reason, Record, Task
from liangqing.cases.queries.governing import governing
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import reviews
from liangqing.outreach.models import Attempt, Review, Source
from liangqing.outreach.rules import guard
from liangqing.parties.actions import contacts
from liangqing.parties.models import Contact, Party
from liangqing.parties.queries.members import members
from liangqing.people.models import User
from liangqing.policy import Policy, Row
from liangqing.trail.actions.tell import tell

LONGEST_NOTE = 4000
"""Characters; a longer account is a document and belongs to the attachments."""


@action
@clause("P1 2.3", "P2 3.4", "P4-3.4")
def record(
    case: Case,
    *,
    channel: str,
    result: str,
    reached: str,
    by: User,
    contact: Contact | None = None,
    address: str = "",
    reason: str = "",
    attitude: str = "",
    note: str = "",
    next_on: dt.date | None = None,
    promise: tuple[Money, dt.date] | None = None,
    attachments: Sequence[Upload] = (),
    seen: int | None = None,
    corrects: Record | None = None,
    attempt: Attempt | None = None,
    at: dt.datetime | None = None,
    line: str = "",
    duration_s: int | None = None,
    source: str = Source.RECORD,
) -> Record:
    """Write down a contact, and let follow what the policy's table case.result says of its result.

    1. The case is locked, so that of two people writing at once the second comes after the first. ``seen`` is the id of
       the last record its author knew (None: of none); nothing is lost when there is a newer one, and
       ``queries.file.meanwhile`` tells it.
    2. The contact used is marked valid or invalid.
    3. Today's open task of the case is finished, if the result finishes it.
    4. The day of the next contact is set: the day given, else the table's number of days from today, else none.
    5. The promise is recorded.
    6. The attempt it tells of is concluded: the one given, or its author asked the guard for, or one that is judged now. What was
       said (a dispute, a death, that somebody wants to be left alone) holds contact back from now on.
    7. The note is held against the list of words; what is found is looked at by a person (``outreach.actions.reviews``).

    A correction names the record it ``corrects``; both stay. It follows the same path while the other is the last record
    of the case and of today; a correction of an older one changes neither task nor next day. A promise of a corrected
    record is withdrawn, if it is still open and the correction does not replace it.

    ``at`` is the instant of a contact that happened earlier (an agency's report, a visit): it is judged by that instant,
    and by the ``line`` it was made from, where one is said. After a later contact of the case was written down it changes
    neither task nor next day. ``duration_s`` is how long the talk took, in seconds, where whoever reports it says.

    Raises ``Refusal`` (422, with the ``field`` that is wrong) for an unknown code, somebody else's contact, a promise
    missing or out of place, a next day that is past or too far, a file that is not taken; and (409) for a next day or a
    promise in a closed case, and a record that was corrected already.
    """
    Party.objects.select_for_update().only("id").get(pk=case.party.merged_into_id or case.party_id)
    case = Case.objects.select_for_update(of=("self",)).select_related("party", "creditor").get(pk=case.pk)
    today, rules = clock.today(), governing(case)
    _check_codes(channel=channel, reached=reached, reason=reason, attitude=attitude, result=result, rules=rules)
    _check_words(case, contact, note, corrects)
    row = rules.tables["case.result"].decide({"result": result, "other_way": _other_way(case, contact)})
    _check_outcome(row, reached, promise)
    _check_next(case, next_on, promise, today, rules)
    kinds_of_files = files.check(attachments)

    contacted_on = corrects.contacted_on if corrects else _day(at, today)
    as_new = _is_last_of_today(corrects, today) if corrects else contacted_on == today or _is_last(case, contacted_on)
    if corrects is not None:
        attempt = None
    elif attempt is None:  # judged by what was known before anything was said
        attempt = contacted.attempt_of(
            case, channel=channel, reached=reached, contact=contact, address=address, by=by, at=at, line=line,
            source=source,
        )  # fmt: skip
    given = promises.record(case, amount=promise[0], due_on=promise[1], by=by) if promise else None
    if corrects and corrects.promise_id and not given:
        _withdraw(corrects.promise_id, case, by)
    written = Record.objects.create(
        case=case,
        party_id=case.party_id,
        creditor_id=case.creditor_id,
        at=clock.now(),
        contacted_on=contacted_on,
        by=by,
        channel=channel,
        contact=contact,
        address_stored=sealing.seal(address.strip() or (contact.value if contact else "")),
        reached=reached,
        result=result,
        result_row=row.row,
        policy=rules.stamp,
        says=row.then["says"],
        says_until_on=contacted_on + dt.timedelta(days=row.then["says_days"]),
        reason=reason,
        attitude=attitude,
        note_stored=sealing.seal(note.strip()),
        next_on=next_on,
        promise=given,
        seen=seen,
        corrects=corrects,
    )
    files.attach(written, attachments)
    tell(
        RecordWritten(
            thing_id=written.pk,
            party_id=case.party_id,
            case=case.number,
            channel=channel,
            reached=reached,
            result=result,
            reason=reason,
            attitude=attitude,
            next_on=next_on,
            corrects=corrects.pk if corrects else None,
            files=len(kinds_of_files),
        ),
        by=by,
    )
    _examine(written, case, rules)
    if attempt is not None:
        contacted.conclude(attempt, row, reached, by=by, duration_s=duration_s)
        contacted.hold(written, case, row, by=by)
    if contact and row.then["contact"] != "unchanged":
        contacts.verify(contact, validity=row.then["contact"], by=by)
    if as_new and case.stage == CaseStage.OPEN:
        days = row.then["next_in_days"]
        again_on = max(contacted_on + dt.timedelta(days=days), today) if days else None
        Case.objects.filter(pk=case.pk).update(next_on=next_on or again_on)
        waiting = Task.objects.filter(case=case, state=TaskState.OPEN, created_on__lte=contacted_on)
        open_task = waiting.first() if row.then["finishes"] else None
        if open_task:
            tasks.finish(open_task, by=by)
    return written


def _examine(written: Record, case: Case, rules: Policy) -> None:
    """The words of a note never stop a record; what is found in them opens a review."""
    regime = guard.regime(
        rules, place=case.party.country or "CN", debtor=case.party.kind, creditor=case.creditor.kind
    )  # fmt: skip
    reviews.examine(
        written.note, source=f"record/{written.pk}", kind=Review.Kind.RECORD, regime=regime, party=case.party,
        case=case.number, author=written.by,
    )  # fmt: skip


def _check_codes(*, rules: Policy, **given: str) -> None:
    """Every code is one of its list; reason and attitude may be left out."""
    known: dict[str, set[object]] = {
        "channel": set(Channel.values),
        "reached": set(Reached.values),
        "reason": {*Reason.values, ""},
        "attitude": {*ATTITUDES, ""},
        "result": set(rules.tables["case.result"].inputs[0].values),
    }
    for field, value in given.items():
        if value not in known[field]:
            raise Refusal(
                "unknown_choice",
                _("“{value}” is not one of the choices. Choose from the list."),
                status=422,
                field=field,
                value=value,
            )


def _check_words(case: Case, contact: Contact | None, note: str, corrects: Record | None) -> None:
    if contact and contact.party_id not in members(case.party):
        raise Refusal(
            "contact_of_another",
            _("This contact belongs to another customer. Choose one of this customer's."),
            status=422,
            field="contact",
        )
    if len(note) > LONGEST_NOTE:
        raise Refusal(
            "note_too_long",
            _("The note has more than {most} characters. Shorten it, or attach it as a file."),
            status=422,
            field="note",
            most=LONGEST_NOTE,
        )
    if corrects and corrects.case_id != case.pk:
        raise Refusal(
            "record_of_another_case",
            _("The record to correct belongs to another case. Correct it there."),
            status=422,
            field="corrects",
        )
    if corrects and Record.objects.filter(corrects=corrects).exists():
        raise Refusal(
            "corrected_already", _("This record has been corrected already. Correct its correction."), field="corrects"
        )


def _check_outcome(row: Row, reached: str, promise: tuple[Money, dt.date] | None) -> None:
    if row.then["contact"] == "valid" and reached == Reached.NOBODY:
        raise Refusal(
            "nobody_said_it",
            _("Somebody must have been reached for this result. Say who it was."),
            status=422,
            field="reached",
        )
    if row.then["promise"] and not promise:
        raise Refusal(
            "promise_missing",
            _("Say what was promised: an amount, and by which day."),
            status=422,
            field="promise",
        )
    if promise and not row.then["promise"]:
        raise Refusal(
            "promise_out_of_place",
            _("With a promise the result is “promised”. Choose that result, or leave the promise out."),
            status=422,
            field="result",
        )


def _check_next(
    case: Case, next_on: dt.date | None, promise: tuple[Money, dt.date] | None, today: dt.date, rules: Policy
) -> None:
    if case.stage != CaseStage.OPEN and (next_on or promise):
        raise Refusal(
            "case_closed",
            _("Case {number} is closed; nothing is late any more."),
            number=case.number,
            field="next_on" if next_on else "promise",
        )
    most = rules.terms["record.next_most_days"]
    if next_on and not today <= next_on <= today + dt.timedelta(days=most):
        raise Refusal(
            "next_day_out_of_range",
            _("The next contact can be set from today to {until}. Choose a day between."),
            status=422,
            field="next_on",
            until=today + dt.timedelta(days=most),
        )


def _other_way(case: Case, contact: Contact | None) -> bool:
    """Whether the customer has another contact that is not known to be invalid."""
    others = Contact.objects.filter(party__in=members(case.party)).exclude(validity=Contact.Validity.INVALID)
    return (others.exclude(pk=contact.pk) if contact else others).exists()


def _day(at: dt.datetime | None, today: dt.date) -> dt.date:
    return at.astimezone(clock.zone()).date() if at is not None else today


def _is_last(case: Case, contacted_on: dt.date) -> bool:
    return not Record.objects.filter(case=case, contacted_on__gt=contacted_on).exists()


def _is_last_of_today(old: Record, today: dt.date) -> bool:
    return old.contacted_on == today and not Record.objects.filter(case_id=old.case_id, id__gt=old.pk).exists()


def _withdraw(promise_id: int, case: Case, by: User) -> None:
    promise = Promise.objects.get(pk=promise_id)
    if promise.state == PromiseState.OPEN:
        PROMISE.move(promise, "replace", judged_on=clock.today())
        promises.release(promise, by=by)
        tell(PromiseWithdrawn(thing_id=promise.pk, party_id=case.party_id, case=case.number), by=by)
