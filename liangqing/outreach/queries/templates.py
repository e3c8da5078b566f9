"""Which wording is used: the most specific template with an approved one."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from liangqing.kit.refusal import Refusal
from liangqing.outreach.models import ANY, TemplateVersion

SPECIFIC = ("regime", "attitude", "level", "customer_class")
"""What makes a template more specific, what weighs most before."""


def choose(
    channel: str,
    content: str,
    recipient: str,
    level: str,
    customer_class: str,
    language: str,
    on: dt.date,
    *,
    regime: str = ANY,
    occasion: str = ANY,
    attitude: str = ANY,
) -> TemplateVersion:
    """The wording in force on a day for just this: the template that says most about the circumstances (regime before
    attitude before level before class), of it the latest wording approved. The same question has the same answer.

    Raises ``Refusal`` (``no_template``, 409) where there is none: nothing is sent that nobody approved.
    """
    found = list(
        TemplateVersion.objects.filter(
            Q(until_on=None) | Q(until_on__gt=on),
            from_on__lte=on,
            state__in=(TemplateVersion.State.APPROVED, TemplateVersion.State.RETIRED),
            template__channel=channel,
            template__content=content,
            template__recipient=recipient,
            template__occasion=occasion,
            template__language=language,
            template__level__in={ANY, level},
            template__customer_class__in={ANY, customer_class},
            template__regime__in={ANY, regime},
            template__attitude__in={ANY, attitude},
        )
        .select_related("template")
        .order_by("template_id", "-number")
    )
    if not found:
        raise Refusal(
            "no_template",
            _("No approved template says this ({channel}, {content}). Write one and let counsel approve it."),
            channel=channel,
            content=content,
        )
    return min(found, key=_rank)


def _rank(version: TemplateVersion) -> tuple[bool | int, ...]:
    return (*(getattr(version.template, name) == ANY for name in SPECIFIC), version.template_id, -version.number)
