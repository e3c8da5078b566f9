"""The gate every contact passes: decided before it happens, counted from then on, with a receipt."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.events import ContactConcluded, ContactDecided, ContactViolated
from liangqing.outreach.kinds import Channel, Content, Recipient
from liangqing.outreach.models import Attempt, AttemptEvent, Source
from liangqing.outreach.models.attempt import Answer
from liangqing.outreach.queries.facts import Ground, Known, Wish, as_facts, asked_of, is_certified, know
from liangqing.outreach.rules import guard as rules
from liangqing.outreach.rules.facts import Finding, Outcome, Verdict
from liangqing.parties.actions import restraints
from liangqing.parties.models import Hold, Party
from liangqing.parties.queries.members import customer
from liangqing.parties.queries.restraints import holding
from liangqing.people.models import User
from liangqing.people.rights import can
from liangqing.trail.actions.tell import tell
from liangqing.trail.rules import codes

_ENDED = frozenset(Outcome.values) - {Outcome.OPEN, Outcome.SENT}


def look(wish: Wish) -> Verdict:
    """Whether a contact would be allowed; nothing is kept and nothing counted. A page may ask before a button is shown."""
    known = know(wish)
    return rules.judge(known.asked, known.debtor, known.policy)


def looks(ground: Ground, wishes: Sequence[Wish], *, by: User) -> list[Verdict]:
    """``look`` for many contacts of one customer at once, as a page of them shows; one query more than the ground's."""
    certified = is_certified(by, ground.day)
    return [rules.judge(asked_of(ground, wish, certified=certified), ground.debtor, ground.policy) for wish in wishes]


@action
@clause("P2 3.3.2", "P3 4.2.4", "P1 2.1.1")
def ask(wish: Wish, *, source: str = Source.PERSON) -> Attempt:
    """Decide a contact that is about to happen, or (``wish.at``) was reported afterwards; keep the receipt.

    The customer is locked, so that of two who reach for the last permitted contact the second sees the first. An allowed
    attempt counts from now on, whatever becomes of it; say what did with ``conclude``. One that was not allowed is kept
    and counts only if it happened all the same. One that happened from a line that is not registered holds the case back
    until a supervisor lifts that.

    Raises ``Refusal`` (422) for a channel, content or recipient that does not exist.
    """
    _check_words(wish)
    Party.objects.select_for_update().only("id").get(pk=customer(wish.party).pk)
    known = know(wish)
    verdict = rules.judge(known.asked, known.debtor, known.policy)
    kept = _keep(wish, known, verdict, source)
    if not kept.ahead and kept.answer != Answer.ALLOWED:
        _tell_violated(kept)
        _hold_for_line(kept, wish, known, verdict)
    return kept


def _keep(wish: Wish, known: Known, verdict: Verdict, source: str) -> Attempt:
    kept = Attempt(
        party=known.kept,
        creditor=wish.creditor,
        case=wish.case,
        channel=wish.channel,
        content=wish.content,
        recipient=known.asked.recipient,
        contact=wish.contact.pk if wish.contact else None,
        value_stored=sealing.seal(wish.told),
        value_index=wish.number,
        line=wish.line,
        at=known.asked.at,
        asked_at=clock.now(),
        ahead=wish.at is None,
        by=wish.by,
        source=source,
        regime=known.debtor.regime,
        answer=verdict.answer,
        rules=list(verdict.rules),
        findings=[finding.facts() for finding in verdict.findings],
        facts=as_facts(known),
        earliest_at=verdict.earliest,
        policy=known.policy.stamp,
    )
    kept.code = code_of(kept)
    kept.save(force_insert=True)
    tell(
        ContactDecided(
            thing_id=kept.pk,
            party_id=kept.party_id,
            case=kept.case,
            channel=kept.channel,
            content=kept.content,
            recipient=kept.recipient,
            source=kept.source,
            answer=kept.answer,
            rules=kept.rules,
            policy=kept.policy,
            code=kept.code.hex(),
        ),
        by=wish.by,
    )
    return kept


def _tell_violated(kept: Attempt) -> None:
    """It happened all the same. What it broke is told, whoever wrote it down; heads and audit find it in a list."""
    tell(
        ContactViolated(
            thing_id=kept.pk,
            party_id=kept.party_id,
            case=kept.case,
            channel=kept.channel,
            receipt=kept.number,
            answer=kept.answer,
            rules=kept.rules,
            source=kept.source,
        ),
        by=kept.by,
    )


@clause("P2 3.3.2")
def _hold_for_line(kept: Attempt, wish: Wish, known: Known, verdict: Verdict) -> None:
    """A contact from a line nobody registered holds the debt back, once, until a supervisor has looked at it."""
    rows = known.policy.tables["contact.condition"].rows
    about_lines = {f"condition:{row.row}" for row in rows if "line_registered" in row.when}
    broken = next((each for each in verdict.deciding if each.rule in about_lines), None)
    if broken is None:
        return
    standing = holding(known.ground.ids, clock.now()).filter(kind=Hold.LINE).values_list("creditor", flat=True)
    if {None, wish.creditor and wish.creditor.pk} & set(standing):
        return
    restraints.place(
        known.kept,
        Hold.LINE,
        creditor=wish.creditor,
        reason=f"{kept.number} · {kept.line} · {said(broken)}",
        source=f"attempt/{kept.pk}",
        by=wish.by if can(wish.by, "case.work") else None,
    )


@action
@clause("P2 3.4")
def conclude(
    attempt: Attempt,
    outcome: str,
    *,
    by: User | None = None,
    at: dt.datetime | None = None,
    duration_s: int | None = None,
    told: str = "",
    detail: str = "",
) -> Attempt:
    """Say what became of a contact; what a channel reports later (sent, then delivered) moves it on.

    Raises ``Refusal``: 422 for an unknown outcome; 409 for one whose end is known already and says otherwise.
    """
    if outcome not in Outcome.values:
        raise Refusal("unknown_outcome", _("Choose what became of the contact."), status=422, field="outcome")
    row = Attempt.objects.select_for_update().get(pk=attempt.pk)
    when = at or clock.now()
    if told or detail:
        AttemptEvent.objects.create(
            attempt=row, at=when, told=(told or outcome)[:24], detail_stored=sealing.seal(detail)
        )
    if row.outcome == outcome:
        return row
    if row.outcome in _ENDED and not (row.outcome == Outcome.DELIVERED and outcome == Outcome.FAILED):
        raise Refusal(
            "concluded_already", _("What became of this contact is known already. Write a record to correct it.")
        )
    row.outcome, row.outcome_at, row.duration_s = outcome, when, duration_s
    row.save(update_fields=["outcome", "outcome_at", "duration_s"])
    tell(
        ContactConcluded(
            thing_id=row.pk, party_id=row.party_id, channel=row.channel, outcome=outcome, duration_s=duration_s
        ),
        by=by,
    )
    return row


def demand(attempt: Attempt) -> None:
    """Raises ``Refusal`` (409) with the reason, the rules and the earliest time when the guard said no."""
    if attempt.answer != Answer.ALLOWED:
        raise refusal(attempt)


def refusal(attempt: Attempt) -> Refusal:
    """The guard's no as a sentence for people."""
    sentence = (
        _("Not now: {reason}. Possible from {earliest}.")
        if attempt.earliest_at
        else _("Not allowed: {reason}. It needs an approval.")
        if attempt.answer == Answer.APPROVAL
        else _("Not allowed: {reason}.")
    )
    return Refusal(
        "contact_refused",
        sentence,
        reason=reason_of(attempt),
        earliest=attempt.earliest_at.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M") if attempt.earliest_at else "",
        receipt=attempt.number,
    )


def reason_of(attempt: Attempt) -> str:
    """Why, in the reader's language: the sentences of the rules that decided, strictest first, with their source."""
    findings = [finding(each) for each in attempt.findings]
    attended = bool(attempt.facts["asked"]["attended"])
    return "; ".join(said(each) for each in Verdict(attempt.answer, tuple(findings), attended=attended).deciding)


def finding(kept: Mapping[str, Any]) -> Finding:
    """A finding as a receipt keeps it, without its time."""
    return Finding(kept["rule"], kept["effect"], kept["basis"], kept["confidence"], kept["source"], kept["reason"])


def said(finding: Finding) -> str:
    """A finding as a sentence; where its basis is unsure it is not shown as law."""
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    text = finding.reason.get(language) or finding.rule
    return f"{text} ({finding.source})" if finding.source and finding.confidence != "U" else text


# the receipt ---------------------------------------------------------------------------------------------------------


def code_of(attempt: Attempt) -> bytes:
    """The keyed digest of everything a receipt says, outcome aside. The trail keeps it beside the decision."""
    told: dict[str, Any] = {
        "party": attempt.party_id,
        "creditor": attempt.creditor_id,
        "case": attempt.case,
        "channel": attempt.channel,
        "content": attempt.content,
        "recipient": attempt.recipient,
        "value": bytes(attempt.value_index).hex(),
        "line": attempt.line,
        "at": attempt.at.astimezone(dt.UTC).isoformat(),
        "asked_at": attempt.asked_at.astimezone(dt.UTC).isoformat(),
        "ahead": attempt.ahead,
        "by": attempt.by_id,
        "source": attempt.source,
        "answer": attempt.answer,
        "findings": attempt.findings,
        "facts": attempt.facts,
        "policy": attempt.policy,
    }
    return hmac.digest(sealing.key_for("trail"), codes.canonical(told).encode(), "sha256")


def genuine(attempt: Attempt) -> bool:
    """Whether a receipt still says what was decided."""
    return hmac.compare_digest(bytes(attempt.code), code_of(attempt))


def _check_words(wish: Wish) -> None:
    known = ((wish.channel, Channel, "channel"), (wish.content, Content, "content"))
    for value, choices, field in known:
        if value not in choices.values:
            raise Refusal(
                "unknown_choice",
                _("“{value}” is not one of the choices. Choose from the list."),
                status=422,
                field=field,
                value=value,
            )
    if wish.recipient and wish.recipient not in Recipient.values:
        raise Refusal(
            "unknown_choice",
            _("“{value}” is not one of the choices. Choose from the list."),
            status=422,
            field="recipient",
            value=wish.recipient,
        )
