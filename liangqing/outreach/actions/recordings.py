"""Recordings that stand at a provider: linked for those who may hear them, and the trail knows who did.

The house never fetches such an address; the browser of whoever listens does. So it is given only where it is an address of
a registered provider, over TLS: whatever a callback told may be anywhere.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.outreach.channels.kinds import Kind
from liangqing.outreach.models import Call, Provider
from liangqing.parties.actions import reveal
from liangqing.people.models import User


@action
@clause("P2 3.4", "P2 6.2")
def address(call: Call, *, purpose: str, by: User) -> str:
    """Where the recording of a call is, for a purpose that stays in the trail; never the address.

    The caller has found ``call`` among what the person may see. Raises ``Refusal``: 403 without the right; 404 where there
    is none; 409 for an address of no registered provider; 422 without a purpose.
    """
    found = call.recording
    if not found:
        raise Refusal("no_recording", _("There is no recording of this call."), status=404)
    if not is_ours(found):
        raise Refusal(
            "foreign_recording",
            _(
                "The recording is said to be at {host}, which is no https address of a registered provider. It is not opened."
            ),
            host=_host(found) or "—",
        )
    reveal.hear(call.attempt.party_id, of="call", of_id=call.attempt_id, purpose=purpose, by=by)
    return found


def is_ours(address: str) -> bool:
    """Whether it is an https address at a host of a registered exchange, or of those its settings name for recordings."""
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "https" and parts.username is None and parts.password is None and "\\" not in address
        return plain and (parts.hostname or "") in _hosts()
    except ValueError:
        return False


def _hosts() -> set[str]:
    found: set[str] = set()
    for provider in Provider.objects.filter(kind=Kind.HTTP_CALL):
        found.add(_host(str(provider.setting("url"))))
        found.update(str(each).strip().lower() for each in provider.setting("recording_hosts"))
    return found - {""}


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
