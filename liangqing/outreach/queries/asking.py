"""What a customer is asked for at this moment, and everything a message about it may name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liangqing import policy
from liangqing.kit import clock
from liangqing.kit.actions import clause
from liangqing.kit.money import Money
from liangqing.outreach.content.saying import CHINESE
from liangqing.outreach.content.values import BillLine, Values
from liangqing.outreach.kinds import Channel
from liangqing.outreach.rules import guard
from liangqing.outreach.rules.facts import CONTENTS_THAT_PRESS
from liangqing.outreach.rules.sending import STRENGTH
from liangqing.parties.models import Creditor, Hold, Party, Restraint
from liangqing.parties.queries.members import customer, members
from liangqing.parties.queries.restraints import holding
from liangqing.people.models import Institution, User
from liangqing.people.queries.institution import institution
from liangqing.policy import Policy
from liangqing.receivables.queries.account import still_open
from liangqing.warning.level import Level
from liangqing.warning.models import Standing

ENGLISH = "en"
_MOST_BILLS = 5_000


@dataclass(frozen=True)
class Asked:
    """A bill, and what is asked of it: what is left of it without what is disputed. Minor units."""

    bill_id: int
    number: str
    contract: str
    due_on: dt.date
    days: int
    amount: int
    currency: str


def rules_of(party: Party, creditor: Creditor | None, on: dt.date) -> tuple[Policy, str]:
    """The policy in force for a customer on a day, and whose rules of contact count."""
    kept = customer(party)
    rules = policy.in_force(on).of(
        kept.pk, line=creditor.code if creditor else "", place=kept.country, debtor=kept.kind
    )
    kind = creditor.kind if creditor else Creditor.Kind.OWN
    return rules, guard.regime(rules, place=kept.country or "CN", debtor=kept.kind, creditor=kind)


@clause("P3 4.1.1")
def asked(
    party: Party, creditor: Creditor | None, content: str, on: dt.date, *, bills: Collection[int] = ()
) -> list[Asked]:
    """The bills a message may ask for, the one due longest first; of ``bills`` only, when given.

    Whatever presses for payment asks for what is late; a bill or statement also for what falls due. What is disputed is
    left out (保障中小企业款项支付条例 15), and so are credit notes. All are in one currency, that of the bill due longest:
    another currency is another message.
    """
    ids = members(customer(party))
    wanted = frozenset(bills)
    disputed = _disputed(holding(ids, clock.now()))
    found = []
    for each in still_open(ids, on, most=_MOST_BILLS):
        bill = each.bill
        if disputed.get(bill.number) == _WHOLE:
            continue
        left = each.owed - disputed.get(bill.number, 0)
        if left <= 0 or (creditor is not None and bill.creditor_id != creditor.pk):
            continue
        if (wanted and bill.pk not in wanted) or (content in CONTENTS_THAT_PRESS and each.days < 1):
            continue
        contract = bill.contract.number if bill.contract else ""
        found.append(Asked(bill.pk, bill.number, contract, each.due_on, each.days, left, bill.currency))
    return [each for each in found if each.currency == found[0].currency]


def level_of(party: Party, creditor: Creditor | None) -> str:
    """How late a customer stands with a creditor, as the last night judged it; mild where no night has yet."""
    found = Standing.objects.filter(party__in=members(customer(party)))
    if creditor is not None:
        found = found.filter(creditor=creditor)
    levels = [level for level in found.values_list("level", flat=True) if level in Level.values]
    return max(levels, key=Level.values.index, default=Level.MILD.value)


def asks_for_money(content: str) -> bool:
    """Whether a message of this kind names bills at all."""
    return content in STRENGTH


_WHOLE = -1


def _disputed(restraints: Sequence[Restraint] | Any) -> dict[str, int]:
    """By the number of the bill: how much of it is disputed, ``_WHOLE`` for all."""
    found: dict[str, int] = {}
    for each in restraints:
        if each.kind != Hold.DISPUTE or not each.about:
            continue
        if each.amount is None or found.get(each.about) == _WHOLE:
            found[each.about] = _WHOLE
        else:
            found[each.about] = found.get(each.about, 0) + each.amount
    return found


def language_of(party: Party) -> str:
    """In which of our languages somebody is written to: their own, where it is known, else their country's."""
    if party.language:
        return CHINESE if party.language.lower().startswith("zh") else ENGLISH
    return CHINESE if party.country in ("", "CN", "HK", "MO", "TW") else ENGLISH


def values(
    party: Party,
    due: Sequence[Asked],
    *,
    channel: str,
    case: str = "",
    by: User | None = None,
    given: Mapping[str, Any] | None = None,
    unsubscribe: str = "",
    reference: str = "",
) -> Values:
    """Everything a template may name of this customer now. ``given`` is what only the asking room knows: ``collector``,
    ``collector_number`` (else whoever sends; by itself the department that signs), ``promise`` (amount in minor units,
    currency, day), ``pay_by_on`` (else as many days from today as the term ``outreach.pay_by_days`` says)."""
    given, kept = given or {}, customer(party)
    pay_by = clock.today() + dt.timedelta(days=int(policy.in_force(clock.today()).terms["outreach.pay_by_days"]))
    language = language_of(kept)
    home = institution()
    currency = due[0].currency if due else ""
    promise = given.get("promise")
    return Values(
        language=language,
        institution=_of(home, "name", language),
        institution_address=_of(home, "address", language),
        signer=_of(home, "signer", language),
        collector=given.get("collector") or (by.name if by else _of(home, "signer", language)),
        collector_number=given.get("collector_number") or (by.username if by else None),
        callback_phone=_plain(home, "callback_phone"),
        complaint_phone=_plain(home, "complaint_phone"),
        institution_email=_plain(home, "email"),
        account_name=_plain(home, "account_name"),
        bank=_plain(home, "bank"),
        account=_plain(home, "account"),
        customer=kept.name,
        salutation=f"尊敬的{kept.name}" if language == CHINESE else f"Dear {kept.name}",
        amount=Money(sum(each.amount for each in due), currency) if due else None,
        bills=tuple(
            BillLine(each.number, each.due_on, Money(each.amount, each.currency), max(each.days, 0), each.contract)
            for each in due
        )
        or None,
        bill_number=due[0].number if due else None,
        due_on=due[0].due_on if due else None,
        oldest_due_on=due[0].due_on if due else None,
        days_late=max(*(each.days for each in due), 0) if due else None,
        contract=due[0].contract or None if due else None,
        case_number=case or None,
        reference=reference or None,
        promise_amount=Money(promise[0], promise[1]) if promise else None,
        promise_due_on=dt.date.fromisoformat(promise[2]) if promise else None,
        pay_by_on=dt.date.fromisoformat(given["pay_by_on"]) if given.get("pay_by_on") else pay_by,
        today=clock.today(),
        unsubscribe_url=unsubscribe or None,
        channel_name=_channel(channel, language),
    )


def _of(home: Institution | None, name: str, language: str) -> str | None:
    """A column of the institution in a language; its Chinese where there is no other."""
    if home is None:
        return None
    return (getattr(home, f"{name}_en") if language == ENGLISH else "") or getattr(home, name) or None


def _plain(home: Institution | None, name: str) -> str | None:
    return (getattr(home, name) or None) if home is not None else None


def _channel(channel: str, language: str) -> str:
    words = {
        Channel.SMS: ("短信", "text messages"),
        Channel.EMAIL: ("电子邮件", "e-mail"),
        Channel.LETTER: ("信函", "letters"),
    }
    chinese, english = words.get(Channel(channel), (channel, channel))
    return chinese if language == CHINESE else english
