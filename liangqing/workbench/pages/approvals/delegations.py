"""Who stands in for whom, from when, until when, for which acts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangqing.approvals.actions import delegations
from liangqing.approvals.models import Delegation
from liangqing.approvals.queries import visible
from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.people.duties import Duty
from liangqing.people.models import User
from liangqing.people.rights import ACTS, can
from liangqing.workbench import shell
from liangqing.workbench.doors import Request, find, page
from liangqing.workbench.forms.approvals import (
    DelegationForm,
)
from liangqing.workbench.pages.approvals.lists import tabs
from liangqing.workbench.pages.approvals.subjects import act_label

MOST_DELEGATIONS = 100


@page("approval.see", post="approval.delegate")
def standing_in(request: Request) -> HttpResponse:
    """Who stands in for whom, from when, until when, for which acts; naming somebody."""
    user = request.user
    for_others = user.has_duty(Duty.MANAGE)
    deciding = [duty.value for duty in ACTS["approval.decide"].duties]
    people = User.objects.filter(is_active=True, duties__overlap=deciding).exclude(duties__contains=[Duty.AUDIT.value])
    people = people.select_related("department").order_by("name")
    form = DelegationForm(request.POST or None, people=people, for_others=for_others, me=user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = delegations.delegate(
                given.get("principal") or user,
                given["delegate"],
                from_on=given["from_on"],
                until_on=form.until_on(),
                reason=given["reason"],
                by=user,
                acts_only=form.only(),
            )
        except Refusal as refusal:
            form.add_error("delegate", refusal.sentence) if refusal.status == 403 else form.refuse(refusal)
        else:
            messages.success(request, _("{name} stands in now.").format(name=made.delegate.name), extra_tags="good")
            return HttpResponseRedirect(reverse("approvals-delegations"))
    today = clock.today()
    rows = visible.delegations(user).select_related("principal", "delegate", "made_by", "ended_by")
    context = {
        "tabs": tabs("approvals-delegations"),
        "rows": [_delegation(row, user, today) for row in rows.order_by("-until_on", "-id")[:MOST_DELEGATIONS]],
        "form": form if can(user, "approval.delegate") else None,
    }
    return render(
        request, "workbench/approvals/delegations.html", context, status=422 if request.method == "POST" else 200
    )


def _delegation(row: Delegation, user: User, today: dt.date) -> dict[str, Any]:
    over = row.ended_at is not None or row.until_on <= today
    return {
        "row": row,
        "last_day": row.until_on - dt.timedelta(days=1),
        "acts": "、".join(act_label(code) for code in row.acts),
        "state": "ended" if row.ended_at else "over" if over else "coming" if row.from_on > today else "now",
        "ends": not over
        and can(user, "approval.delegate")
        and (row.principal_id == user.pk or user.has_duty(Duty.MANAGE)),
    }


@page("approval.see", post="approval.delegate")
def delegation_end(request: Request, pk: int) -> HttpResponse:
    """End it now."""
    found = find(visible.delegations(request.user), pk=pk)
    if request.method == "POST":
        delegations.end_delegation(found, request.user)
        shell.forget_waiting(request.user)
        messages.success(request, _("Ended."), extra_tags="good")
    return HttpResponseRedirect(reverse("approvals-delegations"))
