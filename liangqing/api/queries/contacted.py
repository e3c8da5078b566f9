"""Contacts, restraints and messages as the API shows them."""

from __future__ import annotations

from typing import Any

from liangqing.outreach.actions import guard
from liangqing.outreach.models import Attempt, Message
from liangqing.outreach.queries.facts import KIND_OF
from liangqing.parties.models import Restraint
from liangqing.parties.rules import masking


def contacted(row: Attempt) -> dict[str, Any]:
    return {
        "id": row.pk,
        "receipt": row.number,
        "customer": row.party.number,
        "creditor": row.creditor.code if row.creditor else None,
        "case": row.case or None,
        "channel": row.channel,
        "content": row.content,
        "recipient": row.recipient,
        "line": row.line,
        "at": row.at,
        "ahead": row.ahead,
        "by": row.by.username if row.by else None,
        "source": row.source,
        "answer": row.answer,
        "reason": guard.reason_of(row) if row.findings else "",
        "rules": row.rules,
        "earliest": row.earliest_at,
        "policy": row.policy,
        "outcome": row.outcome,
        "outcome_at": row.outcome_at,
        "duration_s": row.duration_s,
    }


def restraint(row: Restraint) -> dict[str, Any]:
    """Without the reason, which may tell anything of anybody."""
    return {
        "id": row.pk,
        "customer": row.party.number,
        "kind": row.kind,
        "channel": row.channel or None,
        "creditor": row.creditor.code if row.creditor else None,
        "about": row.about or None,
        "from_minute": row.from_minute,
        "until_minute": row.until_minute,
        "since": row.since_at,
        "until": row.until_at,
        "lifted_at": row.lifted_at,
        "source": row.source,
        "by": row.by.username if row.by else None,
        "began_on": row.began_on,
        "due_on": row.deadline.due_on if hasattr(row, "deadline") else None,
    }


def message(row: Message, *, revealed: bool) -> dict[str, Any]:
    text = "\n".join(part for part in (row.text.get("subject", ""), row.text.get("body", "")) if part)
    kind = KIND_OF.get(row.channel, "address")  # type: ignore[call-overload]
    return {
        "id": row.pk,
        "number": row.number,
        "customer": row.party.number,
        "case": row.case or None,
        "channel": row.channel,
        "content": row.content,
        "recipient": row.recipient,
        "to": row.value if revealed else masking.way(kind, row.value, row.party.area),
        "state": row.state,
        "reason": row.reason,
        "text": text if revealed else "***" if text else "",
        "receipt": row.attempt.number if row.attempt else None,
        "written_at": row.written_at,
        "sent_at": row.sent_at,
        "ended_at": row.ended_at,
    }
