"""What the guard looks at: one contact that is asked for, what went before, and what holds the customer back.

The same rows stand as columns in the set form (``rules.portfolio``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangqing.outreach.kinds import Content, Recipient


class Outcome(models.TextChoices):
    """What became of an attempt. ``OPEN`` counts as everything it may yet become."""

    OPEN = "open", _("under way")
    CALLED_OFF = "called_off", _("did not take place")
    NOT_CONNECTED = "not_connected", _("not connected")
    UNANSWERED = "unanswered", _("not answered")
    SOMEBODY = "somebody", _("somebody answered")
    EFFECTIVE = "effective", _("effective contact")
    SENT = "sent", pgettext_lazy("outcome", "sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("not delivered")


COUNTED: Mapping[str, frozenset[str]] = {
    "attempt": frozenset(Outcome.values) - {Outcome.CALLED_OFF},
    "placed": frozenset(Outcome.values) - {Outcome.CALLED_OFF, Outcome.NOT_CONNECTED, Outcome.FAILED},
    "unanswered": frozenset((Outcome.OPEN, Outcome.UNANSWERED, Outcome.NOT_CONNECTED)),
    "effective": frozenset((Outcome.OPEN, Outcome.EFFECTIVE)),
}
"""Which outcomes each way of counting counts."""
FAILED = (Outcome.UNANSWERED.value, Outcome.NOT_CONNECTED.value)
"""Outcomes of a call to the debtor that speak for lost contact."""


@dataclass(frozen=True)
class Asked:
    """One contact that is asked for, at an instant (aware).

    ``number`` names the phone number or address (its index as hex), ``debt`` the creditor whose debt it is about.
    ``attended``: a person acts and reads warnings; whatever runs by itself treats a warning as no. ``proof``: the role of
    the recipient is proven. ``reserved``: the number comes from a lawful source. ``barred``: limitation may have passed.
    ``place``: the role of the address that is visited or written to, as ``self`` (home) or ``employer``; empty where none
    is used. ``unreachable``: every number of the debtor is known to be wrong. ``answering``: something of the debtor's
    stands to be answered or confirmed (asked of answers and confirmations alone). ``exempt``: rules an approval lifted
    for this.
    """

    channel: str
    content: str
    at: dt.datetime
    recipient: str = Recipient.SELF
    number: str = ""
    debt: int = 0
    attended: bool = True
    automated: bool = False
    route: str = "own"
    line_registered: bool = True
    certified: bool = True
    proof: bool = False
    reserved: bool = True
    barred: bool = False
    unreachable: bool = False
    answering: bool = True
    place: str = ""
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Past:
    """An attempt that went before."""

    at: dt.datetime
    channel: str
    recipient: str
    number: str
    debt: int
    outcome: str
    content: str = ""


@dataclass(frozen=True)
class Held:
    """A restraint as the guard reads it. ``whole``: a dispute about all that is owed to this creditor. ``place``:
    it is about addresses of this role alone."""

    kind: str
    since: dt.datetime
    until: dt.datetime | None = None
    channel: str = ""
    number: str = ""
    debt: int = 0
    from_minute: int | None = None
    until_minute: int | None = None
    whole: bool = True
    place: str = ""


@dataclass(frozen=True)
class Debtor:
    """Whose rules count, which clocks, what went before and what holds back. ``past`` may lie in any order.

    ``day_kind`` says of a day of the debtor's calendar: workday, restday or holiday.
    """

    regime: str
    zones: tuple[str, ...]
    day_kind: Callable[[dt.date], str]
    past: tuple[Past, ...] = ()
    held: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A rule that spoke: its table and row (as ``cap:T3``), what it does, and from when it would not.

    ``free_at`` is None where waiting does not help.
    """

    rule: str
    effect: str
    basis: str
    confidence: str
    source: str
    reason: Mapping[str, str]
    free_at: dt.datetime | None = None

    def facts(self) -> dict[str, Any]:
        """As the receipt keeps it."""
        kept: dict[str, Any] = {
            name: getattr(self, name) for name in ("rule", "effect", "basis", "confidence", "source")
        }
        kept["reason"] = dict(self.reason)
        if self.free_at is not None:
            kept["free_at"] = self.free_at.astimezone(dt.UTC).isoformat()
        return kept


RANKS = ("", "record", "warn", "approval", "block")
"""Effects from none to strictest."""
LIFTABLE = ("standard", "institution", "default")
"""The force of rules that an approval with a reason may override; never law nor regulator."""
CONTENTS_THAT_PRESS = (Content.REMINDER, Content.DEMAND, Content.FORMAL)


@dataclass(frozen=True)
class Verdict:
    """The answer to one contact: allowed, approval or refused, by which rules, and from when it would be allowed.

    ``earliest`` is the asked instant itself when it is allowed, and None when waiting does not help.
    """

    answer: str
    findings: tuple[Finding, ...] = ()
    earliest: dt.datetime | None = None
    attended: bool = field(default=True, compare=False)

    @property
    def allowed(self) -> bool:
        return self.answer == "allowed"

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(finding.rule for finding in self.findings)

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings that made the answer, strictest first; of an allowed contact what is worth reading."""
        if self.allowed:
            return tuple(each for each in self.findings if each.effect == "warn")
        top = max(RANKS.index(each.effect) for each in self.findings)
        return tuple(each for each in self.findings if RANKS.index(each.effect) == top)

    @property
    def liftable(self) -> bool:
        """Whether an approval could lift everything that says no."""
        held = [each for each in self.findings if each.effect in ("approval", "block")]
        return bool(held) and all(each.basis in LIFTABLE for each in held)
