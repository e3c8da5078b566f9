"""What a person may see of requests: the rows all pages, searches and exports start from."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from liangqing.approvals.models import Attachment, Delegation, Request
from liangqing.approvals.queries.inbox import principals
from liangqing.people.duties import Duty
from liangqing.people.models import Department, User
from liangqing.people.rights import can

_EVERYTHING = frozenset((Duty.RISK.value, Duty.MANAGE.value, Duty.AUDIT.value))


def visible_to(user: User) -> QuerySet[Request]:
    """Risk, the management and audit see all; the others what they requested, what they (or whom they stand in for) were
    ever asked, and as heads what their department requested."""
    if not can(user, "approval.see"):
        return Request.objects.none()
    if _EVERYTHING.intersection(user.duties):
        return Request.objects.all()
    found = Q(requested_by=user) | Q(asked__contains=[user.pk])
    if absent := [principal for principal, acts in principals(user) if not acts]:
        found |= Q(asked__overlap=absent)
    for principal, acts in principals(user):
        if acts:
            found |= Q(asked__contains=[principal], act__in=acts)
    if headed := list(Department.objects.filter(head=user).values_list("id", flat=True)):
        found |= Q(department__in=headed)
    return Request.objects.filter(found)


def attachments(user: User) -> QuerySet[Attachment]:
    """The files of the requests this person may see."""
    return Attachment.objects.filter(request__in=visible_to(user))


def delegations(user: User) -> QuerySet[Delegation]:
    """Everybody's for those who see all requests; one's own and those that name oneself for the others."""
    if not can(user, "approval.see"):
        return Delegation.objects.none()
    if _EVERYTHING.intersection(user.duties):
        return Delegation.objects.all()
    return Delegation.objects.filter(Q(principal=user) | Q(delegate=user))
