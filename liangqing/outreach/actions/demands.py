"""A formal demand a person prints for one customer at once: looked at, asked about, printed, kept with its receipt.

Many letters are printed in batches (``actions.letters``); this one is for the desk. Once printed it counts as sent.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, files
from liangqing.kit.actions import action, clause
from liangqing.kit.money import Money
from liangqing.kit.refusal import Refusal
from liangqing.kit.typeset import TypesetError
from liangqing.outreach.actions import guard
from liangqing.outreach.content import letters
from liangqing.outreach.content.letters import Addressee, Letter
from liangqing.outreach.content.saying import CHINESE
from liangqing.outreach.content.values import Values
from liangqing.outreach.kinds import Channel, Content
from liangqing.outreach.models import Answer, Attempt, AttemptEvent, TemplateVersion
from liangqing.outreach.queries import asking
from liangqing.outreach.queries.facts import Wish, recipient_of
from liangqing.outreach.queries.templates import choose
from liangqing.outreach.rules.facts import Outcome
from liangqing.parties.actions import reveal
from liangqing.parties.models import Contact, Creditor, Party
from liangqing.parties.queries.members import customer
from liangqing.parties.rules import masking
from liangqing.people.models import User
from liangqing.people.rights import demand


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a demand goes to, about whose money: ``contact`` is an address. ``level`` and ``customer_class`` choose the
    wording; empty, they are looked up."""

    party: Party
    creditor: Creditor
    contact: Contact
    case: str = ""
    level: str = ""
    customer_class: str = ""


@dataclass(frozen=True)
class Drafted:
    """A demand as it would be: the wording, the values, and what is asked."""

    version: TemplateVersion
    values: Values
    asked: tuple[asking.Asked, ...]

    @property
    def amount(self) -> Money | None:
        return self.values.amount


@clause("P3 4.1.1", "P3 4.2.3")
def drafted(about: About, by: User) -> Drafted:
    """The demand of this moment: what is late and not disputed, in the wording in force.

    Raises ``Refusal`` (409): ``nothing_to_ask`` where nothing is late or all of it is disputed; ``no_template``.
    """
    day, party = clock.today(), customer(about.party)
    _rules, regime = asking.rules_of(party, about.creditor, day)
    due = asking.asked(party, about.creditor, Content.FORMAL, day)
    if not due:
        raise Refusal(
            "nothing_to_ask", _("Nothing is late that is not disputed; there is nothing to ask for by letter.")
        )  # fmt: skip
    version = choose(
        Channel.LETTER,
        Content.FORMAL,
        recipient_of(party, about.contact.role),
        about.level or asking.level_of(party, about.creditor),
        about.customer_class or party.customer_class,
        asking.language_of(party),
        day,
        regime=regime,
    )
    return Drafted(version, asking.values(party, due, channel=Channel.LETTER, case=about.case, by=by), tuple(due))


def sample(made: Drafted, about: About) -> Letter:
    """The letter to look at, its address masked and without a number. Raises ``Refusal`` as ``letters.compose``."""
    masked = masking.way(about.contact.kind, about.contact.value)
    return _letter(made, about, "样张" if made.values.language == CHINESE else "SPECIMEN", masked)


def _letter(made: Drafted, about: About, reference: str, address: str) -> Letter:
    values = dataclasses.replace(made.values, reference=reference)
    name = about.contact.person or customer(about.party).name
    return letters.compose(made.version, values, Addressee(name, (address,)))


def wish_of(about: About, by: User) -> Wish:
    """The contact the guard is asked about."""
    return Wish(
        party=about.party,
        channel=Channel.LETTER,
        content=Content.FORMAL,
        creditor=about.creditor,
        contact=about.contact,
        by=by,
        case=about.case,
    )


@clause("P2 3.3.2", "P3 4.2.3", "P3 4.2.4")
def printed(about: About, by: User) -> tuple[Attempt, bytes]:
    """Ask the guard, and set the letter when it says yes: the receipt, and what is handed out, a PDF or the institution's
    own Word document (empty when it said no).

    What can't be composed is told before the guard is asked. A letter that can't be set after all counts as called off.
    Raises ``Refusal``: 403 without the right to send or to reveal an address; what ``drafted`` and ``letters.compose``
    raise; ``not_set`` where a character has no glyph.
    """
    demand(by, "outreach.send")
    demand(by, "contact.reveal")
    made = drafted(about, by)
    sample(made, about)
    attempt = guard.ask(wish_of(about, by))
    if attempt.answer != Answer.ALLOWED:
        return attempt, b""
    try:
        address = reveal.reveal(about.contact, "value", attempt.number, by)
        letter = _letter(made, about, f"LQ-H-{clock.today().year}-{attempt.number}", address)
        content = letters.paper(letter)
    except (Refusal, TypesetError) as problem:
        guard.conclude(attempt, Outcome.CALLED_OFF, by=by, told="not set")
        if isinstance(problem, Refusal):
            raise
        raise Refusal("not_set", _("This letter can't be set: {why}"), why=str(problem)) from problem
    return _kept(attempt, letter, made.version, content, by), content


@action
def _kept(attempt: Attempt, letter: Letter, version: TemplateVersion, content: bytes, by: User) -> Attempt:
    """What was printed stays with its receipt: the file's hash, the wording, and the digest of the words."""
    AttemptEvent.objects.create(
        attempt=attempt, at=clock.now(), told="printed", sha256=files.keep(content)
    )  # fmt: skip
    detail = f"{letter.reference} {version.name} {letter.rendered.digest}"
    return guard.conclude(attempt, Outcome.SENT, by=by, told="letter", detail=detail)
