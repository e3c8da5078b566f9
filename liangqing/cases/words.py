"""The words people read for the codes of policy and cases."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "apply_money": _("apply the money on account"),
    "ask_why": _("ask why the promise was not kept"),
    "ask_and_remind": _("ask the reason and remind"),
    "call": _("call"),
    "negotiate": _("negotiate a plan"),
    "remind": _("friendly reminder"),
    "remind_before_due": _("remind before it falls due"),
    "review_for_court": _("consider court"),
    "send_letter": _("send a letter"),
    "visit": _("visit"),
}
SKIPPED: dict[str, Promise] = {
    "below_minimum": _("late amount below the minimum"),
    "no_collector": _("nobody to take it: add collectors"),
    "not_due": _("nothing late, nothing due soon"),
    "nothing_asked": _("only credit or money on account"),
    "promise_open": _("a promise is still open"),
    "too_early": _("late, but too early for a case"),
}


def action(code: str) -> str:
    return str(ACTIONS.get(code, code))


def skipped(code: str) -> str:
    return str(SKIPPED.get(code, code))


def spoken(words: Mapping[str, str]) -> str:
    """The policy's own words in the reader's language."""
    return words["zh" if (get_language() or "").startswith("zh") else "en"]
