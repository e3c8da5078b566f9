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
    "find_contact": _("find a contact that works"),
    "handle_complaint": _("answer the complaint"),
    "handle_dispute": _("check the disputed bill"),
    "negotiate": _("negotiate a plan"),
    "remind": _("friendly reminder"),
    "remind_before_due": _("remind before it falls due"),
    "review_for_court": _("consider court"),
    "send_letter": _("send a letter"),
    "special_path": _("verify the special circumstance"),
    "trace_payment": _("trace the payment"),
    "visit": _("visit"),
}
SKIPPED: dict[str, Promise] = {
    "below_minimum": _("late amount below the minimum"),
    "grace": _("within the grace that was granted"),
    "next_date": _("the day agreed for the next contact has not come"),
    "no_collector": _("nobody to take it: add collectors"),
    "not_due": _("nothing late, nothing due soon"),
    "nothing_asked": _("only credit or money on account"),
    "promise_open": _("a promise is still open"),
    "too_early": _("late, but too early for a case"),
}
RESULTS: dict[str, Promise] = {
    "promised": _("promised to pay"),
    "cannot_pay": _("cannot pay now"),
    "refused": _("refuses to pay"),
    "call_back": _("to be contacted again"),
    "dispute_claimed": _("disputes the bill"),
    "complaint": _("complains"),
    "paid_already": _("says it is paid"),
    "third_party_reached": _("somebody else answered"),
    "left_message": _("message left"),
    "sent": _("sent"),
    "no_answer": _("no answer"),
    "busy": _("engaged"),
    "switched_off": _("switched off or suspended"),
    "wrong_number": _("wrong number"),
    "not_found": _("not found at the address"),
    "settled_doubt": _("dispute, complaint or tracing settled"),
    "deceased": _("customer has died"),
    "insolvent": _("insolvent or dissolved"),
    "fraud_claimed": _("says somebody used the name"),
    "asked_to_stop": _("asked to be left alone"),
    "in_hospital": _("ill or in hospital"),
}
EVENTS: dict[str, Promise] = {
    "alert acknowledged": _("warning acknowledged"),
    "alert escalated": _("warning passed to the next head"),
    "alert raised": _("warning raised"),
    "allocation taken back": _("allocation taken back"),
    "approval escalated": _("approval passed to the next higher"),
    "approval given": _("approval given, others to come"),
    "approval reminded": _("reminded of an approval"),
    "approval requested": _("approval requested"),
    "approved act failed": _("approved, but could not be done"),
    "bill adjusted": _("bill adjusted"),
    "bill cancelled": _("bill cancelled"),
    "bill entered": _("bill entered"),
    "campaign confirmed": _("cases shared out"),
    "campaign undone": _("sharing undone"),
    "case assigned": _("case given to another person"),
    "case closed": _("case closed"),
    "case level moved": _("level changed"),
    "case opened": _("case opened"),
    "contact added": _("contact added"),
    "contact recorded": _("contact recorded"),
    "contact verified": _("contact verified"),
    "customer corrected": _("customer corrected"),
    "customer entered": _("customer entered"),
    "customers merged": _("customers merged"),
    "customers taken apart": _("customers taken apart"),
    "grace granted": _("grace granted"),
    "money applied": _("money set against bills"),
    "personal data revealed": _("personal data revealed"),
    "promise broken": _("promise broken"),
    "promise kept": _("promise kept"),
    "promise kept in part": _("promise kept in part"),
    "promise recorded": _("promise recorded"),
    "promise withdrawn": _("promise withdrawn"),
    "receipt entered": _("receipt entered"),
    "receipt reversed": _("receipt reversed"),
    "request approved": _("request approved and done"),
    "request rejected": _("request rejected"),
    "request resubmitted": _("request made again"),
    "request returned": _("request returned for change"),
    "request withdrawn": _("request withdrawn"),
    "task finished": _("task finished"),
    "task pinned": _("task pinned"),
    "task postponed": _("task postponed"),
    "task unpinned": _("task unpinned"),
}


def action(code: str) -> str:
    return str(ACTIONS.get(code, code))


def skipped(code: str) -> str:
    return str(SKIPPED.get(code, code))


def result(code: str) -> str:
    return str(RESULTS.get(code, code))


def event(name: str) -> str:
    """What happened, for people; the names of other rooms' events are shown as they are until they have words here."""
    return str(EVENTS.get(name, name))


def spoken(words: Mapping[str, str]) -> str:
    """The policy's own words in the reader's language."""
    return words["zh" if (get_language() or "").startswith("zh") else "en"]
