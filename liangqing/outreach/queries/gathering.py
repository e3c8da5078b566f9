"""All that is stored about one customer and concerns contact, read at once.

One statement instead of eight: a decision is asked for before every call and for thousands of messages in a row, and most
of what it costs is going to the database and back. Each part reads by an index, for the customer's own numbers alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from liangqing.outreach.kinds import Content
from liangqing.outreach.models.attempt import Answer
from liangqing.outreach.models.incoming import Incoming
from liangqing.outreach.rules.facts import Outcome, Past
from liangqing.parties.models import Contact
from liangqing.policy import calendar

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICRO = "(extract(epoch FROM {0}) * 1000000)::bigint"
_MINE = "= ANY (ARRAY(SELECT id FROM mine))"
_GATHER = f"""
WITH mine AS (SELECT %(kept)s::bigint AS id
              UNION ALL SELECT id FROM parties_party WHERE merged_into_id = %(kept)s)
SELECT (SELECT array_agg(id ORDER BY id = %(kept)s DESC, id) FROM mine),
       (SELECT json_agg(json_build_array(
                   {_MICRO.format("at")}, channel, recipient, encode(value_index, 'hex'), coalesce(creditor_id, 0), outcome,
                   content))
        FROM outreach_attempt
        WHERE party_id {_MINE} AND at <= %(at)s
          AND (at > %(since)s OR content IN ('{Content.NOTICE.value}', '{Content.CONFIRM.value}'))
          AND (answer = '{Answer.ALLOWED.value}' OR NOT ahead) AND outcome <> '{Outcome.CALLED_OFF.value}'),
       (SELECT json_agg(json_build_array(
                   kind, {_MICRO.format("since_at")}, {_MICRO.format("least(until_at, lifted_at)")}, channel,
                   encode(value_index, 'hex'), coalesce(creditor_id, 0), from_minute, until_minute, about, amount,
                   place)
                   ORDER BY id)
        FROM parties_restraint
        WHERE party_id {_MINE} AND since_at <= %(at)s AND (lifted_at IS NULL OR lifted_at > %(at)s)
          AND (until_at IS NULL OR until_at > %(at)s)),
       (SELECT json_agg(json_build_array(role, validity, kind)) FROM parties_contact
        WHERE party_id {_MINE} AND kind = '{Contact.Kind.PHONE.value}'),
       (SELECT json_agg(json_build_array(channel, rules)) FROM outreach_exemption
        WHERE party_id {_MINE} AND from_at <= %(at)s AND until_at > %(at)s),
       (SELECT json_agg(json_build_array(channel, value, contracted)) FROM outreach_line WHERE active),
       (SELECT json_agg(json_build_array("on", works)) FROM policy_specialday
        WHERE "on" >= %(day)s::date - 2 AND "on" < %(day)s::date + {calendar.NEAR_DAYS}),
       (SELECT EXISTS (SELECT FROM receivables_bill
                       WHERE party_id {_MINE} AND creditor_id = %(creditor)s AND due_on < %(old)s)),
       (SELECT json_agg(json_build_array(channel, {_MICRO.format("at")})) FROM outreach_incoming
        WHERE party_id {_MINE} AND at > %(heard)s AND at <= %(at)s
          AND kind <> '{Incoming.Kind.AUTOMATIC.value}' AND NOT wants_silence)
"""


@dataclass(frozen=True)
class HeldRow:
    """A restraint that holds, as it is stored (see ``parties.queries.restraints.holding``). ``until``: its end, or when it
    was lifted."""

    kind: str
    since: dt.datetime
    until: dt.datetime | None
    channel: str
    number: str
    debt: int
    from_minute: int | None
    until_minute: int | None
    about: str
    amount: int | None
    place: str = ""


@dataclass(frozen=True)
class Gathered:
    """``ids``: all numbers of the customer, the kept one first. ``ways``: role, validity and kind of its phones.
    ``exempt``: channel and the rules lifted for it. ``lines``: channel, number and whether it is contracted. ``days``: the
    institution's own days around. ``old``: some bill to the creditor fell due so long ago that limitation is a question.
    ``wrote``: by which channel and when the customer turned to us of late."""

    ids: list[int]
    past: tuple[Past, ...]
    held: tuple[HeldRow, ...]
    ways: tuple[tuple[str, str, str], ...]
    exempt: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[tuple[str, str, bool], ...]
    days: dict[dt.date, bool]
    old: bool
    wrote: tuple[tuple[str, dt.datetime], ...]


def gather(
    kept_id: int,
    creditor_id: int | None,
    at: dt.datetime,
    *,
    since: dt.datetime,
    heard: dt.datetime,
    day: dt.date,
    old: dt.date,
) -> Gathered:
    """What is known at an instant, attempts from ``since`` on (notices and confirmations however old) and what the customer
    wrote from ``heard`` on; ``old``: bills due before this day are old. One query."""
    given = {"kept": kept_id, "creditor": creditor_id, "at": at, "since": since, "day": day, "old": old, "heard": heard}
    with connection.cursor() as cursor:
        cursor.execute(_GATHER, given)
        ids, past, held, ways, exempt, lines, days, is_old, wrote = cursor.fetchone()
    return Gathered(
        ids=ids,
        past=tuple(Past(_instant(when), *rest) for when, *rest in past or ()),
        held=tuple(_held(*row) for row in held or ()),
        ways=tuple((role, validity, kind) for role, validity, kind in ways or ()),
        exempt=tuple((channel, tuple(rules)) for channel, rules in exempt or ()),
        lines=tuple((channel, value, contracted) for channel, value, contracted in lines or ()),
        days={dt.date.fromisoformat(on): works for on, works in days or ()},
        old=is_old,
        wrote=tuple((channel, _instant(when)) for channel, when in wrote or ()),
    )


def _held(kind: str, since: int, until: int | None, *rest: Any) -> HeldRow:
    return HeldRow(kind, _instant(since), None if until is None else _instant(until), *rest)


def _instant(micro: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=micro)
