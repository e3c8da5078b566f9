"""A visit: the guard is asked at the door, and what came of it is written once, however often it is sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.kit import clock, exif, files, media, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.files import Upload
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import guard
from liangqing.outreach.actions.rounds import demand_of, wish_of
from liangqing.outreach.events import VisitRecorded
from liangqing.outreach.lifecycle import RoundState
from liangqing.outreach.models import Answer, Attempt, AttemptEvent, Met, Place, Round, Stop, Visit, VisitFile
from liangqing.outreach.rules import visits as rules
from liangqing.outreach.rules.facts import Outcome
from liangqing.outreach.rules.visits import Cash, Moment, Position, Told
from liangqing.parties.models import Party
from liangqing.parties.queries.members import customer
from liangqing.people.models import User
from liangqing.receivables.actions import receipts
from liangqing.receivables.models import Receipt
from liangqing.trail.actions.tell import tell

MOST_FILES = 10
"""Of one visit, the slip among them: what a record of the case takes."""
PICTURES = frozenset(("image/jpeg", "image/png", "image/webp", "application/pdf"))


@action
@clause("P2 3.3.2", "P4-3.3")
def arrive(stop: Stop, *, by: User) -> Attempt:
    """At the door: ask the guard. Asked twice while the first yes still stands, the same receipt is given again; after a
    no it is asked anew. The caller shows the no (``guard.refusal``).

    Raises ``Refusal``: 403 for somebody who does not go along; 409 when the round is not under way or the visit is
    written already.
    """
    row, stop = _locked(stop, by)
    if row.state != RoundState.UNDER_WAY:
        raise Refusal("not_under_way", _("Round {number} is not under way."), number=row.number)
    if Visit.objects.filter(stop=stop).exists():
        raise _visited()
    if (standing := _standing(stop)) is not None:
        return standing
    return _arrived(stop, guard.ask(wish_of(stop, row, by=by)), by)


@action
@clause("P4-3.3", "P2 3.4", "P3 2.4")
def record(
    stop: Stop,
    told: Told,
    *,
    key: uuid.UUID,
    by: User,
    slips: Sequence[Upload] = (),
    photos: Sequence[Upload] = (),
) -> Visit:
    """Write what came of a stop. ``key`` was made where it was written: the same key twice is the same visit.

    1. The customer is locked, then the stop.
    2. The attempt it belongs to is the one the guard answered at the door; told later (``told.at``), the guard judges it
       now by the instant it took place. A device's clock is trusted only between setting out and now.
    3. Cash becomes a receipt of the customer, principal and interest together, under the number the debtor was given.
    4. The event lets the case write its record, which concludes the attempt; without a case it is concluded here.
       A signed notice is kept with the attempt, and begins limitation anew.
    5. Each picture is kept with what it says of its time and place, and with what the device said when it was chosen. One
       that departs from the visit by more than ``visit.photo_hours`` or ``visit.photo_metres`` is flagged, not refused.

    Raises ``Refusal``: 403 for somebody who does not go along; 409 when nobody arrived, the round was not started, or the
    visit is written already under another key; 422 with its ``field`` for what can't be so, and for a receipt number
    that is taken.
    """
    done = Visit.objects.filter(key=key).first()
    if done is not None and done.stop_id == stop.pk:
        demand_of(stop.round, by, rides=True)
        return done
    row, stop = _locked(stop, by)
    done = Visit.objects.filter(stop=stop).first()
    if done is not None and done.key == key:
        return done
    if done is not None or Visit.objects.filter(key=key).exists():
        raise _visited()
    if row.started_at is None:
        raise Refusal("not_started", _("Start round {number} first."), number=row.number)
    _check(told, slips, photos)
    at = min(max(told.at, row.started_at), clock.now()) if told.at else clock.now()
    attempt = _standing(stop)
    if attempt is None:
        if told.at is None:
            raise Refusal("arrive_first", _("Say first that you have arrived: the guard is asked at the door."))
        attempt = _arrived(stop, guard.ask(wish_of(stop, row, by=by, at=at)), by, at=at)
    visit = _written(stop, row, told, key=key, at=at, by=by)
    kept = [
        *_keep(visit, told, slips, VisitFile.Kind.SLIP, told.chosen.get("slip", Moment())),
        *_keep(visit, told, photos, VisitFile.Kind.PHOTO, told.chosen.get("photos", Moment())),
    ]
    if visit.signed:
        AttemptEvent.objects.create(attempt=attempt, at=at, told="signed", sha256=kept[0].sha256)
    tell(
        VisitRecorded(
            thing_id=visit.pk,
            party_id=visit.party_id,
            round=row.number,
            case=stop.case,
            result=visit.result,
            reached=visit.met,
            signed=visit.signed,
            cash_principal=visit.principal,
            cash_interest=visit.interest,
            currency=visit.currency,
            lapsed=visit.lapsed,
            receipt=visit.receipt.number if visit.receipt else "",
            files=[each.sha256 for each in kept],
            departing=sum(bool(each.departs) for each in kept),
        ),
        by=by,
    )
    attempt.refresh_from_db(fields=["outcome"])
    if attempt.outcome == Outcome.OPEN:
        guard.conclude(attempt, rules.outcome_of(visit.met), by=by, at=at)
    return visit


def _written(stop: Stop, row: Round, told: Told, *, key: uuid.UUID, at: dt.datetime, by: User) -> Visit:
    on, cash = at.astimezone(clock.zone()).date(), told.cash or Cash()
    where, promise = told.position, told.promise
    return Visit.objects.create(
        stop=stop,
        key=key,
        party=stop.party,
        creditor=stop.creditor,
        by=by,
        at=at,
        on=on,
        written_at=clock.now(),
        result=told.result,
        met=told.met,
        found=told.found,
        signed=told.signed,
        principal=cash.principal,
        interest=cash.interest,
        currency=cash.currency if cash.total else promise[0].currency if promise else "",
        receipt=_receipt(stop, row, cash, on, by),
        intends=told.intends or promise is not None or bool(told.intention.strip()),
        intention_stored=sealing.seal(told.intention.strip()),
        promised=promise[0].amount if promise else None,
        promised_for=promise[1] if promise else None,
        lapsed=told.lapsed,
        lapsed_stored=sealing.seal(told.lapsed_said.strip() if told.lapsed else ""),
        note_stored=sealing.seal(told.note.strip()),
        position_stored=sealing.seal(str(where) if where else ""),
    )


def _receipt(stop: Stop, row: Round, cash: Cash, on: dt.date, by: User) -> Receipt | None:
    if not cash.total:
        return None
    try:
        return receipts.enter(
            party=stop.party,
            creditor=stop.creditor,
            number=cash.number,
            received_on=on,
            amount=cash.total,
            currency=cash.currency,
            method=Receipt.Method.CASH,
            bill_number=cash.bill,
            reference=row.number,
            by=by,
            right="case.work",
        )
    except Refusal as refusal:
        if refusal.facts.get("field") == "number":
            refusal.facts["field"] = "receipt_number"
        raise


def _check(told: Told, slips: Sequence[Upload], photos: Sequence[Upload]) -> None:
    results = policy.in_force(clock.today()).tables["case.result"].inputs[0].values
    known = (("result", told.result, results), ("met", told.met, Met.values), ("found", told.found, Place.values))
    for field, value, choices in known:
        if value not in choices:
            raise Refusal(
                "unknown_choice",
                _("“{value}” is not one of the choices. Choose from the list."),
                status=422,
                field=field,
                value=value,
            )
    rules.check(told, slips=len(slips))
    if len(slips) + len(photos) > MOST_FILES:
        raise Refusal(
            "too_many_files", _("At most {most} pictures a visit."), status=422, field="photos", most=MOST_FILES
        )  # fmt: skip
    for field, uploads in (("slip", slips), ("photos", photos)):
        if set(files.kinds(uploads)) - PICTURES:
            raise Refusal("file_kind", _("Take a picture, or a scan as PDF."), status=422, field=field)


def _keep(visit: Visit, told: Told, uploads: Sequence[Upload], kind: str, chosen: Moment) -> list[VisitFile]:
    """Pictures with what they say of time and place, and what the device said; what departs is flagged, never refused."""
    terms = policy.in_force(visit.on).terms
    hours, metres = int(terms["visit.photo_hours"]), int(terms["visit.photo_metres"])
    here, kept = Moment(visit.at, told.position), []
    for upload, media_type in zip(uploads, files.kinds(uploads), strict=True):
        said = exif.said_by(upload.content, clock.zone())
        taken = Moment(said.at, Position(*said.place) if said.place else None)
        kept.append(
            VisitFile(
                visit=visit,
                kind=kind,
                sha256=files.keep(upload.content),
                size=len(upload.content),
                media_type=media_type,
                name_stored=sealing.seal(media.clean_name(upload.name, media_type)),
                taken_at=taken.at,
                taken_place_stored=sealing.seal(str(taken.place or "")),
                chosen_at=chosen.at,
                chosen_place_stored=sealing.seal(str(chosen.place or "")),
                departs=rules.departures(here, (taken, chosen), hours=hours, metres=metres),
            )
        )
    return VisitFile.objects.bulk_create(kept)


def _locked(stop: Stop, by: User) -> tuple[Round, Stop]:
    """The customer first, as whoever asks the guard or enters money does; then the stop."""
    demand_of(stop.round, by, rides=True)
    Party.objects.select_for_update().only("id").get(pk=customer(stop.party).pk)
    found = Stop.objects.select_for_update(of=("self",)).select_related("round", "party", "creditor", "attempt")
    stop = found.get(pk=stop.pk)
    return stop.round, stop


def _standing(stop: Stop) -> Attempt | None:
    """The yes that was given at this door and still is under way."""
    attempt = stop.attempt
    if attempt is None or attempt.outcome != Outcome.OPEN or not stop.arrived_at:
        return None
    return attempt if attempt.answer == Answer.ALLOWED else None


def _arrived(stop: Stop, attempt: Attempt, by: User, *, at: dt.datetime | None = None) -> Attempt:
    """What the guard said is kept with the stop. A visit told afterwards took place whatever it says."""
    allowed = attempt.answer == Answer.ALLOWED or not attempt.ahead
    stop.attempt = attempt
    stop.arrived_at, stop.arrived_by = (at or attempt.at, by) if allowed else (None, None)
    stop.save(update_fields=["attempt", "arrived_at", "arrived_by"])
    return attempt


def _visited() -> Refusal:
    return Refusal("visited_already", _("What came of this stop is written already. Add a record to the case instead."))
