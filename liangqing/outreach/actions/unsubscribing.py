"""One click and no more mail (RFC 8058): an address of its own for each mail, which whoever has the mail may use.

The address names the message and carries a code over its number, customer, channel and address, keyed by the institution:
nobody makes up another's, and none can be used for anybody else. Nothing need be typed and nobody signs in. It is heard just
as a mail that asks for silence is (``incoming.take``): the restraint, the confirmation, the answer that stands with the
customer.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock, sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import incoming
from liangqing.outreach.models import Incoming, Message
from liangqing.parties.queries.members import members
from liangqing.parties.queries.restraints import holding

PATH = "unsubscribe"
SUBJECT = "unsubscribe"
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{40})")


def address(message: Message) -> str:
    """The address for a message; empty where the institution has no public address (``LIANGQING_PUBLIC_URL``)."""
    return f"{settings.PUBLIC_URL}/{PATH}/{token(message)}/" if settings.PUBLIC_URL else ""


def token(message: Message) -> str:
    return f"{message.pk}-{_code(message)}"


def found(written: str) -> Message:
    """The message of a token. Raises ``Refusal`` (404) for one that is not ours or was changed, without saying which."""
    read = _TOKEN.fullmatch(written)
    rows = Message.objects.select_related("party__merged_into", "provider")
    row = rows.filter(pk=int(read[1])).first() if read else None
    if row is None or row.provider is None or not hmac.compare_digest(token(row), written):
        raise Refusal("not_here", _("This address is not valid."), status=404)
    return row


@action
@clause("P2 3.3.2")
def leave_alone(written: str) -> Message:
    """Whoever has the mail wants no more of them. Asked again, nothing changes while the wish stands; lifted since, it is
    placed anew. Raises ``Refusal`` as ``found``."""
    row = found(written)
    Message.objects.select_for_update().get(pk=row.pk)
    if heard(row) or row.provider is None:
        return row
    incoming.take(
        row.provider,
        kind=Incoming.Kind.OTHER,
        named=f"one-click {row.key} {row.answers.count()}",
        at=clock.now(),
        sender=row.value,
        subject=f"{SUBJECT} {row.key}",
        text="",
        key=str(row.key),
        silence=True,
    )
    return row


def heard(message: Message) -> bool:
    """Whether the wish of this message's address is held to already."""
    placed = set(message.answers.filter(wants_silence=True).values_list("restraint", flat=True))
    return bool(placed) and any(each.pk in placed for each in holding(members(message.party), clock.now()))


def _code(message: Message) -> str:
    told = f"{message.pk}|{message.key}|{message.party_id}|{message.channel}|{bytes(message.value_index).hex()}"
    return hmac.new(sealing.key_for("unsubscribe"), told.encode(), hashlib.sha256).hexdigest()[:40]
