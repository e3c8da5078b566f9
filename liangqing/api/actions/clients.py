"""Keys for programs: issued, recognised, counted, revoked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from liangqing.api.events import ClientIssued, ClientRevoked
from liangqing.api.models import Client
from liangqing.api.rules import keys
from liangqing.kit import clock
from liangqing.kit.actions import action
from liangqing.kit.refusal import Refusal
from liangqing.people.actions import staff
from liangqing.people.models import Department, User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

MOST_RATE = 60_000


@action
def issue(
    name: str, duties: Sequence[str], rate: int, by: User | None, *, department: Department | None = None
) -> tuple[Client, str]:
    """A new client and its key, which is shown this once and can't be shown again.

    Its rights follow from its duties, like anybody's; with the duty of head it reaches what is its department's, without
    being that department's head. ``rate`` is how many requests a minute it may make. ``by`` is empty at the command line.

    Raises ``Refusal``: ``not_allowed``, ``client_needs_name``, ``rate_out_of_range``, ``unknown_duty``.
    """
    if by is not None:
        demand(by, "api.manage")
    name = name.strip()
    if not name or len(name) > 100:
        raise Refusal("client_needs_name", _("Name the program the key is for, in 100 characters at most."), status=422)
    if not 1 <= rate <= MOST_RATE:
        raise Refusal(
            "rate_out_of_range", _("The requests a minute are between 1 and {most}."), status=422, most=MOST_RATE
        )
    key_id, secret = keys.new_id(), keys.new_secret()
    user = staff.join(f"api-{key_id}", name=name, department=department, duties=duties, capacity=0, by=by, leads=False)
    client = Client.objects.create(
        name=name,
        key_id=key_id,
        secret_hash=keys.hashed(secret),
        user=user,
        rate=rate,
        issued_at=clock.now(),
        by=by,
    )
    tell(
        ClientIssued(thing_id=client.pk, client=name, key_id=key_id, duties=sorted(duties), rate=rate),
        by=by,
    )
    return client, keys.write(key_id, secret)


@action
def revoke(client: Client, by: User | None) -> None:
    """The key is worth nothing from now on, its webhooks are told nothing more, and whom it stood for has left.

    Raises ``Refusal``: ``not_allowed``, ``already_revoked``.
    """
    if by is not None:
        demand(by, "api.manage")
    if not Client.objects.filter(pk=client.pk, active=True).update(active=False, revoked_at=clock.now()):
        raise Refusal("already_revoked", _("The key of {name} has been revoked already."), name=client.name)
    client.refresh_from_db()
    tell(ClientRevoked(thing_id=client.pk, client=client.name, key_id=client.key_id), by=by)
    # Whoever is the last to run the system can't leave; but nobody signs in as a program, and its key is gone.
    try:
        with transaction.atomic():
            staff.change(client.user, by, active=False)
    except Refusal as refusal:
        if refusal.code != "last_administrator":
            raise


def recognise(key: str) -> Client | None:
    """The client whose key this is; None for a key that is wrong or revoked."""
    parts = keys.read(key)
    if parts is None:
        return None
    client = Client.objects.select_related("user").filter(key_id=parts[0], active=True).first()
    if client is None or not keys.proves(parts[1], bytes(client.secret_hash)) or not client.user.is_active:
        return None
    return client


def count(client: Client) -> bool:
    """Count a request; False when the client has had its requests of this minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO api_usage AS u (client_id, minute, count) VALUES (%s, %s, 1)
               ON CONFLICT (client_id, minute) DO UPDATE SET count = u.count + 1 RETURNING count""",
            [client.pk, clock.now().replace(second=0, microsecond=0)],
        )
        (made,) = cursor.fetchone()
    return bool(made <= client.rate)


def seconds_left() -> int:
    """Until the next minute begins, rounded up."""
    now = clock.now()
    after = now.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
    return max(1, -int(-(after - now).total_seconds() // 1))
