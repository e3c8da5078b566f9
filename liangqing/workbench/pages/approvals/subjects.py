"""What requests are about, and the tags they carry: what every page of approvals shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from liangqing.approvals import acts, policy_change
from liangqing.approvals.models import Decision, Vote
from liangqing.approvals.models import Request as Asked
from liangqing.cases.queries import visible as cases_visible
from liangqing.kit import clock
from liangqing.outreach.actions import dispatches, templates
from liangqing.parties.actions import deadlines
from liangqing.parties.models import Deadline, Party
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.policy.models import Version
from liangqing.workbench import permits
from liangqing.workbench.models import Permit
from liangqing.workbench.telling.things import Named
from liangqing.workbench.words import customer_name

_COLOURS = {"open": "blue", "approved": "green", "rejected": "red", "returned": "yellow", "withdrawn": ""}
_SAID = {Decision.APPROVE: "green", Decision.REJECT: "red", Decision.RETURN: "yellow"}


def subjects(rows: Iterable[Asked], user: User) -> dict[int, Named]:
    """What each request is about, with the page of it where this person may open that: three queries for all of them.

    The name of a natural person is masked for whoever does not work with customers, as everywhere.
    """
    rows = list(rows)
    parties = Party.objects.defer("search").in_bulk({row.party_id for row in rows if row.party_id})
    pages = _pages(rows, user)
    return {
        row.pk: Named(
            _subject(row, parties.get(row.party_id or 0), user), pages.get((row.subject_kind, row.subject_id), "")
        )
        for row in rows
    }


def _subject(row: Asked, party: Party | None, user: User) -> str:
    if party is None or party.kind == Party.Kind.COMPANY:
        return row.subject
    shown = customer_name(party, user)
    if shown == party.name:
        return row.subject
    return row.subject.replace(party.name, shown) if party.name in row.subject else f"{act_label(row.act)} {shown}"


def _pages(rows: Sequence[Asked], user: User) -> dict[tuple[str, int], str]:
    """The addresses of what is asked about, by kind and id."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.subject_kind, set()).add(row.subject_id)
    found: dict[tuple[str, int], str] = {}
    if "case" in wanted:
        for pk, number in cases_visible.cases(user).filter(pk__in=wanted["case"]).values_list("pk", "number"):
            found["case", pk] = reverse("cases-case", args=[number])
    if deadlines.SUBJECT in wanted and can(user, "customer.see"):
        about = Deadline.objects.filter(
            pk__in=wanted[deadlines.SUBJECT], restraint__party__in=cases_visible.parties(user)
        )
        for pk, number in about.values_list("pk", "restraint__party__number"):
            found[deadlines.SUBJECT, pk] = reverse("customers-restraints", args=[number])
    if policy_change.KIND in wanted and can(user, "policy.see"):
        for version in Version.objects.filter(pk__in=wanted[policy_change.KIND]).defer("content"):
            found[policy_change.KIND, version.pk] = reverse("policy-version", args=[version.name])
    if dispatches.SUBJECT in wanted and can(user, "overview.see"):
        for pk in wanted[dispatches.SUBJECT]:
            found[dispatches.SUBJECT, pk] = reverse("dispatches-one", args=[pk])
    if templates.SUBJECT in wanted and can(user, "case.see"):
        for pk in wanted[templates.SUBJECT]:
            found[templates.SUBJECT, pk] = reverse("templates-version", args=[pk])
    if permits.SUBJECT in wanted and can(user, permits.RIGHT):
        for permit in Permit.objects.filter(pk__in=wanted[permits.SUBJECT]):
            found[permits.SUBJECT, permit.pk] = permits.address(permit)
    return found


def act_label(code: str) -> str:
    """An act by its name; one that no room knows any more by its code."""
    known = acts.known().get(code)
    return str(known.label) if known else code


def due_tag(row: Asked) -> SafeString | None:
    """The day a step is due, marked where that is past."""
    if row.due_on is None:
        return None
    if row.due_on < clock.today():
        return format_html(
            '<span class="nowrap">{} <span class="lq-tag red">{}</span></span>', row.due_on, _("overdue")
        )
    return format_html('<span class="nowrap">{}</span>', row.due_on)


def state_tag(row: Asked) -> SafeString:
    """The tag of the state a request is in."""
    return format_html('<span class="lq-tag {}">{}</span>', _COLOURS.get(row.state, ""), row.get_state_display())


def voice_tag(vote: Vote) -> SafeString:
    return format_html(
        '<span class="lq-tag {}">{}</span>', _SAID.get(Decision(vote.decision), ""), vote.get_decision_display()
    )
