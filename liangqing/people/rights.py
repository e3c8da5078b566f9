"""Who may do what, and with whose things. One table, readable as a matrix; every page, endpoint and export asks it.

An act is allowed when one of the person's duties is named for it. How far it reaches follows from the duties too: those
who collect or sell reach what is theirs, a head what is the department's, the others everything. Audit sees everything
and changes nothing: whoever has that duty may do no act that changes something, whatever other duties there are (P2 15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User

_COLLECT, _SELL, _HEAD, _RISK = Duty.COLLECT, Duty.SELL, Duty.HEAD, Duty.RISK
_FINANCE, _LEGAL, _AUDIT, _MANAGE, _ADMIN = Duty.FINANCE, Duty.LEGAL, Duty.AUDIT, Duty.MANAGE, Duty.ADMIN
_STAFF = frozenset((_COLLECT, _SELL, _HEAD, _RISK, _FINANCE, _LEGAL, _AUDIT, _MANAGE))
_EVERYBODY = _STAFF | {_ADMIN}


@dataclass(frozen=True)
class Act:
    """Something a person may do. ``changes`` tells acts that leave something changed from mere looking."""

    code: str
    label: Promise
    duties: frozenset[Duty]
    changes: bool = False


ACTS: dict[str, Act] = {
    act.code: act
    for act in (
        Act("case.see", _("see cases, tasks and promises"), _STAFF),
        Act(
            "case.work",
            _("record contacts and promises, set the next date, pin and postpone"),
            frozenset((_COLLECT, _SELL, _HEAD, _RISK, _LEGAL)),
            changes=True,
        ),
        Act(
            "deadline.extend",
            _("put off the answer to a complaint, enter the court's day for claims"),
            frozenset((_HEAD, _RISK, _LEGAL, _MANAGE)),
            changes=True,
        ),
        Act("case.assign", _("deal cases out anew"), frozenset((_HEAD, _RISK, _MANAGE)), changes=True),
        Act("customer.see", _("see customers"), _STAFF),
        Act(
            "customer.edit",
            _("correct customers and their contacts, merge duplicates"),
            frozenset((_COLLECT, _SELL, _HEAD, _RISK, _FINANCE, _LEGAL)),
            changes=True,
        ),
        Act(
            "contact.reveal",
            _("reveal personal data, naming the purpose"),
            frozenset((_COLLECT, _SELL, _HEAD, _RISK, _FINANCE, _LEGAL, _AUDIT)),
        ),
        Act("bill.see", _("see bills, receipts and allocations"), _STAFF),
        Act(
            "money.enter",
            _("enter bills and receipts, reverse them, set money against bills"),
            frozenset((_FINANCE,)),
            changes=True,
        ),
        Act("warning.see", _("see warnings"), _STAFF),
        Act("warning.acknowledge", _("acknowledge warnings"), frozenset((_HEAD, _RISK, _MANAGE)), changes=True),
        Act("overview.see", _("see the overview"), frozenset((_HEAD, _RISK, _FINANCE, _LEGAL, _AUDIT, _MANAGE))),
        Act("list.export", _("export lists"), frozenset((_HEAD, _RISK, _FINANCE, _LEGAL, _AUDIT, _MANAGE))),
        Act("import.see", _("see imports"), frozenset((_FINANCE, _RISK, _AUDIT, _MANAGE, _ADMIN))),
        Act("import.bring", _("import files and undo imports"), frozenset((_FINANCE, _ADMIN)), changes=True),
        Act("policy.see", _("read the policy, its versions and its clauses"), _EVERYBODY),
        Act("policy.edit", _("draft, try and submit changes of the policy"), frozenset((_RISK, _MANAGE)), changes=True),
        Act(
            "template.edit",
            _("write templates of what is said, submit and retire them"),
            frozenset((_HEAD, _RISK, _LEGAL, _MANAGE)),
            changes=True,
        ),
        Act("review.see", _("see what words are looked at"), frozenset((_HEAD, _RISK, _LEGAL, _AUDIT))),
        Act(
            "review.decide",
            _("decide whether words should have been written"),
            frozenset((_HEAD, _RISK, _LEGAL)),
            changes=True,
        ),
        Act("night.see", _("see the nights"), frozenset((_HEAD, _RISK, _FINANCE, _LEGAL, _AUDIT, _MANAGE, _ADMIN))),
        Act("night.run", _("start a night"), frozenset((_RISK, _ADMIN)), changes=True),
        Act("people.see", _("see people and rights"), _EVERYBODY),
        Act("people.edit", _("change people, departments and duties"), frozenset((_ADMIN,)), changes=True),
        Act("trail.see", _("search the trail and check its seals"), frozenset((_AUDIT, _RISK, _LEGAL, _MANAGE))),
        Act("approval.see", _("see requests for approval"), _STAFF),
        Act("approval.request", _("request approval"), _STAFF - {_AUDIT}, changes=True),
        Act("approval.decide", _("approve, reject and return requests"), _STAFF - {_AUDIT}, changes=True),
        Act("approval.delegate", _("let somebody decide on one's behalf"), _STAFF - {_AUDIT}, changes=True),
        Act(
            "outreach.send",
            _("send messages, decide on doubtful ones, print and post letters"),
            frozenset((_COLLECT, _SELL, _HEAD, _RISK, _LEGAL)),
            changes=True,
        ),
        Act("letter.see", _("see batches of letters, whosever they are"), frozenset((_RISK, _LEGAL, _AUDIT))),
        Act(
            "letter.print",
            _("print letters together, whosever they are, and say what the post says"),
            frozenset((_RISK, _LEGAL)),
            changes=True,
        ),
        Act("outreach.dispatch", _("send to many at once"), frozenset((_HEAD, _RISK, _MANAGE)), changes=True),
        Act(
            "outreach.stop",
            _("stop what is being sent, and let it go on"),
            frozenset((_HEAD, _RISK, _MANAGE, _ADMIN)),
            changes=True,
        ),
        Act(
            "channel.see",
            _("see channels, providers, registered lines and what is stopped"),
            frozenset((_HEAD, _RISK, _LEGAL, _AUDIT, _MANAGE, _ADMIN)),
        ),
        Act("channel.manage", _("set up channels and their providers"), frozenset((_ADMIN,)), changes=True),
        Act("api.manage", _("give keys to programs and addresses to webhooks"), frozenset((_ADMIN,)), changes=True),
    )
}


@clause("P2 2.2")
def can(user: Any, act: str) -> bool:
    """Whether this person may do this act at all. Whether with this very thing, ``visible_to`` of its room says."""
    if not isinstance(user, User) or not user.is_active:
        return False
    wanted = ACTS[act]
    if wanted.changes and Duty.AUDIT in user.duties:
        return False
    return any(duty.value in user.duties for duty in wanted.duties)


def demand(user: Any, act: str) -> None:
    """Raises ``Refusal`` (403) when the person may not."""
    if not can(user, act):
        raise Refusal(
            "not_allowed",
            _("Your duties do not include this: {act}. Ask an administrator, or somebody whose duty it is."),
            status=403,
            act=ACTS[act].label,
        )


_WIDE = frozenset(duty.value for duty in (_RISK, _FINANCE, _LEGAL, _AUDIT, _MANAGE))


def reach(user: User) -> frozenset[int] | None:
    """Ids of the people whose cases, customers and tasks this person may see; None for everybody's.

    Worked out once for a request (it is kept on the object).
    """
    if not hasattr(user, "_reach"):
        user._reach = _reach(user)  # type: ignore[attr-defined]
    return user._reach  # type: ignore[attr-defined,no-any-return]


def _reach(user: User) -> frozenset[int] | None:
    if _WIDE.intersection(user.duties):
        return None
    if Duty.HEAD in user.duties:
        of_mine = Q(department__head=user) | Q(department_id=user.department_id, department__isnull=False)
        return frozenset(User.objects.filter(of_mine).values_list("id", flat=True)) | {user.pk}
    return frozenset((user.pk,))
