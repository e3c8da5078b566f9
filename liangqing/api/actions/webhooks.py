"""Webhooks: registered, given a new secret, switched on and off."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from liangqing.api.events import TOLD, WebhookRegistered, WebhookSecretReplaced, WebhookSwitched
from liangqing.api.models import Client, Place, Webhook
from liangqing.api.rules import addresses, signature
from liangqing.kit import clock, sealing
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell
from liangqing.trail.models import Entry

EVENTS: tuple[str, ...] = tuple(sorted(TOLD.values()))
_BOTH_SIGN = dt.timedelta(days=1)
"""How long a secret that was replaced goes on signing."""

_WHY = {
    "bad_url": _("“{url}” is no address to send to. Write it as https://host/path, without a password in it."),
    "unknown_host": _("The host of “{url}” can't be found. Check its name."),
    "private_address": _(
        "“{url}” is inside a private network. Whoever runs the system can allow that network in the settings."
    ),
    "not_encrypted": _("“{url}” is not encrypted. Use https."),
}


def networks() -> list[addresses.Network]:
    """The private networks messages may be sent into, as the settings say."""
    return [ipaddress.ip_network(network) for network in getattr(settings, "WEBHOOK_NETWORKS", ())]


@action
def register(client: Client, url: str, events: Sequence[str], by: User | None) -> tuple[Webhook, str]:
    """Where a client is to be told, and of what; with the secret that signs the messages, shown this once.

    What happened before is not told. ``by`` is empty at the command line. Raises ``Refusal``: ``not_allowed``,
    ``unknown_event``, ``client_revoked``, ``bad_url``, ``unknown_host``, ``private_address``, ``not_encrypted``.
    """
    if by is not None:
        demand(by, "api.manage")
    if not client.active:
        raise Refusal("client_revoked", _("The key of {name} is revoked. Issue a new one."), name=client.name)
    wanted = sorted(set(events))
    if not wanted or not set(wanted) <= set(EVENTS):
        raise Refusal("unknown_event", _("Choose events of these: {events}."), status=422, events=", ".join(EVENTS))
    try:
        addresses.check(url, networks())
    except addresses.NotAllowed as reason:
        raise Refusal(str(reason), _WHY[str(reason)], status=422, url=url) from None
    secret = signature.new_secret()
    last = Entry.objects.aggregate(last=Max("id"))["last"] or 0
    Place.objects.get_or_create(pk=1, defaults={"last_entry": last})
    webhook = Webhook.objects.create(
        client=client,
        url=url,
        secret_stored=sealing.seal(secret),
        events=wanted,
        from_entry=last,
        registered_at=clock.now(),
        by=by,
    )
    tell(WebhookRegistered(thing_id=webhook.pk, client=client.name, url=url, events=wanted), by=by)
    return webhook, secret


@action
def replace_secret(webhook: Webhook, by: User | None) -> str:
    """A new secret for a webhook, shown this once. The one before signs beside it for a day, so that the receiver can
    change over without refusing a message; replaced again within that day, the older one signs nothing any more.

    Raises ``Refusal``: ``not_allowed``.
    """
    if by is not None:
        demand(by, "api.manage")
    webhook = Webhook.objects.select_for_update().get(pk=webhook.pk)
    secret = signature.new_secret()
    webhook.former_stored, webhook.secret_stored = webhook.secret_stored, sealing.seal(secret)
    webhook.former_until_at = clock.now() + _BOTH_SIGN
    webhook.save(update_fields=["former_stored", "secret_stored", "former_until_at"])
    until = webhook.former_until_at.isoformat()
    tell(WebhookSecretReplaced(thing_id=webhook.pk, url=webhook.url, former_until=until), by=by)
    return secret


@action
def switch(webhook: Webhook, *, active: bool, by: User | None) -> None:
    """Off: nothing more is told or sent. On again: what happened from then on, and what was still waiting.

    Raises ``Refusal``: ``not_allowed``, ``moved_on`` when it is switched so already.
    """
    if by is not None:
        demand(by, "api.manage")
    changes: dict[str, int] = {"active": active}
    if active:
        changes["from_entry"] = Entry.objects.aggregate(last=Max("id"))["last"] or 0
    if not Webhook.objects.filter(pk=webhook.pk, active=not active).update(**changes):
        raise Refusal("switched_already", _("Somebody else was faster: it is switched so already."))
    webhook.refresh_from_db()
    tell(WebhookSwitched(thing_id=webhook.pk, url=webhook.url, active=active), by=by)
