"""Give cases to another person, one or many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.cases import events
from liangqing.cases.models import Case
from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.queries.facts import is_certified
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.queries import certificates
from liangqing.people.rights import demand, reach
from liangqing.trail.actions.tell import write

_ABLE = frozenset(duty.value for duty in (Duty.COLLECT, Duty.SELL, Duty.HEAD, Duty.RISK, Duty.LEGAL))
"""Those who may record contacts, and so can work a case."""


@action
@clause("P4-5 one person per debt", "P1 2.2.1")
def assign(cases: Iterable[Case], to: User, *, by: User, reason: str) -> int:
    """Give these cases to ``to``, their open tasks with them; returns how many changed hands (those already his do not).

    Raises ``Refusal``: 403 when ``by`` may not deal cases out, or not these, or not to this person; 422 (with
    ``field``) for a person who left, works no cases, whose certificate has ended, or who never had one where the policy
    asks for one, or without a reason.
    """
    if not reason.strip():
        raise Refusal("reason_missing", _("Say why the cases change hands."), status=422, field="reason")
    return len(hand_over({case.pk: to for case in cases}, by=by, reason=reason.strip()))


def hand_over(wanted: Mapping[int, User], *, by: User, reason: str) -> list[tuple[int, int | None, int]]:
    """Give each case (by id) to its person, in one statement a table; returns (case, before, after) of those changed.

    In the transaction of an action. Raises as ``assign`` does; closed cases are passed over.
    """
    demand(by, "case.assign")
    people = {person.pk: person for person in wanted.values()}
    within = reach(by)
    for person in people.values():
        check(person, within)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, party_id, owner_id FROM cases_case WHERE id = ANY(%s) AND stage = 'open'
               ORDER BY id FOR UPDATE""",
            [list(wanted)],
        )
        found = cursor.fetchall()
        if within is not None and any(owner is not None and owner not in within for _case, _party, owner in found):
            raise Refusal(
                "out_of_reach",
                _("Some of these cases belong to another department. Choose only cases of yours."),
                status=403,
            )
        changes = [(case, party, owner, wanted[case].pk) for case, party, owner in found if owner != wanted[case].pk]
        cursor.execute(
            """UPDATE cases_case c SET owner_id = n.owner FROM unnest(%s::bigint[], %s::bigint[]) AS n(id, owner)
               WHERE c.id = n.id""",
            [[case for case, *_rest in changes], [after for *_rest, after in changes]],
        )
        # A pin was the former owner's.
        cursor.execute(
            """UPDATE cases_task t SET owner_id = n.owner, pinned_at = NULL
               FROM unnest(%s::bigint[], %s::bigint[]) AS n(id, owner)
               WHERE t.case_id = n.id AND t.state = 'open'""",
            [[case for case, *_rest in changes], [after for *_rest, after in changes]],
        )
    write(
        (
            (
                events.CASE_ASSIGNED,
                by.pk,
                "case",
                case,
                party,
                {"owner": after, "before": before, "reason": reason},
            )
            for case, party, before, after in changes
        ),
        day=clock.today(),
    )
    return [(case, before, after) for case, _party, before, after in changes]


@clause("P1 2.2.1", "P2 8")
def check(person: User, within: frozenset[int] | None) -> None:
    """That a person can be given cases, by somebody who reaches ``within`` (None: everybody). Whose certificate has ended
    is given none from that day on (GB/T 45251-2025 §5.2); whether those who never had one are, the term
    ``people.certificate_needed`` says."""
    if not person.is_active or not _ABLE.intersection(person.duties) or Duty.AUDIT in person.duties:
        raise Refusal(
            "cannot_take_cases",
            _("{person} cannot be given cases: only people who are here and work cases can. Choose somebody else."),
            status=422,
            field="to",
            person=person.name,
        )
    today = clock.today()
    if certificates.has_lapsed(person, today):
        raise Refusal(
            "certificate_lapsed",
            _(
                "The certificate of {person} for collection has ended. Choose somebody else, or enter the new one first."
            ),
            status=422,
            field="to",
            person=person.name,
        )
    if policy.in_force(today).terms["people.certificate_needed"] and not is_certified(person, today):
        raise Refusal(
            "no_certificate",
            _(
                "{person} has no valid certificate for collection. Choose somebody else, or enter the certificate first."
            ),
            status=422,
            field="to",
            person=person.name,
        )
    if within is not None and person.pk not in within:
        raise Refusal(
            "out_of_reach_person",
            _("{person} belongs to another department. Choose somebody of yours."),
            status=403,
            field="to",
            person=person.name,
        )
