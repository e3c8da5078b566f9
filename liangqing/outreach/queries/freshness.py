"""Whether the money that came is entered up to now: before that nobody is pressed in bulk."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from liangqing import policy
from liangqing.imports.models import Import
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS
from liangqing.receivables.models import Receipt

PAYMENTS = "payments"


def entered_until() -> dt.date | None:
    """The last day on which money received was entered: a file of payments landed, or a receipt of that day stands in
    the books. None while there was neither."""
    landed = Import.objects.filter(kind=PAYMENTS, status=Import.Status.LANDED).order_by("-id").first()
    received = Receipt.objects.filter(received_on__lte=clock.today()).aggregate(last=Max("received_on"))["last"]
    days = [landed.landed_at.astimezone(clock.zone()).date()] if landed else []
    return max([*days, *([received] if received else [])], default=None)


@clause("P3 4.1.1")
def demand_fresh(content: str) -> None:
    """Raises ``Refusal`` (``receipts_stale``, 409) for what presses for payment when money received was last entered longer
    ago than the term ``outreach.receipts_within_days`` says."""
    if content not in CONTENTS_THAT_PRESS:
        return
    within = int(policy.in_force(clock.today()).terms["outreach.receipts_within_days"])
    last = entered_until()
    if last is None or (clock.today() - last).days > within:
        raise Refusal(
            "receipts_stale",
            _(
                "Money received was last entered on {last}; demands go out within {within} days of it. "
                "Import the payments first."
            )
            if last
            else _("No money received has been entered yet. Import the payments first."),
            last=last,
            within=within,
        )
