"""program, webhook: keys for other systems, and the addresses that hear of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from liangqing.house.commands import json_option, main, say
from liangqing.people.duties import Duty

if TYPE_CHECKING:
    from liangqing.api.models import Client


@main.group("program")
def program() -> None:
    """Other systems that push and read through the API."""


@program.command("add")
@click.argument("name")
@click.option("--duty", "duties", multiple=True, required=True, type=click.Choice(Duty.values), help="What it may do.")
@click.option("--department", help="Code of the department whose cases it sees, with the duty head.")
@click.option("--rate", default=600, show_default=True, help="Requests a minute.")
@json_option
def add_program(name: str, duties: tuple[str, ...], department: str | None, rate: int, as_json: bool) -> None:
    """Give the program NAME a key. It is shown this once."""
    from liangqing.house import start

    start.start()
    from django.utils.translation import gettext as _

    from liangqing.api.actions import clients
    from liangqing.people.models import Department
    from liangqing.trail.actions.seal import seal

    home = Department.objects.filter(code=department).first() if department else None
    client, key = clients.issue(name, duties, rate, None, department=home)
    seal()
    if as_json:
        say({"id": client.pk, "name": client.name, "key": key})
    else:
        click.echo(_("The key of {name}, shown only now: {key}").format(name=client.name, key=key))


@program.command("list")
@json_option
def list_programs(as_json: bool) -> None:
    """Programs that have a key."""
    from liangqing.house import start

    start.start()
    from liangqing.api.models import Client

    found: list[dict[str, Any]] = [
        {"id": each.pk, "name": each.name, "key": each.key_id, "duties": each.user.duties, "rate": each.rate}
        for each in Client.objects.filter(active=True).select_related("user").order_by("id")
    ]
    if as_json:
        say(found)
    for each in () if as_json else found:
        click.echo(
            f"{each['id']:>4}  {each['name']}  lq_{each['key']}_…  {', '.join(each['duties'])}  {each['rate']}/min"
        )


@program.command("revoke")
@click.argument("number", type=int)
def revoke_program(number: int) -> None:
    """Take the key of program NUMBER back, at once."""
    from liangqing.house import start

    start.start()
    from django.utils.translation import gettext as _

    from liangqing.api.actions import clients
    from liangqing.trail.actions.seal import seal

    client = _program(number)
    clients.revoke(client, None)
    seal()
    click.echo(_("The key of {name} opens nothing any more.").format(name=client.name))


@main.group("webhook")
def webhook() -> None:
    """Addresses that hear of events."""


@webhook.command("add")
@click.argument("number", type=int)
@click.argument("url")
@click.option("--event", "events", multiple=True, required=True, help="Such as case.opened; may be said again.")
@json_option
def add_webhook(number: int, url: str, events: tuple[str, ...], as_json: bool) -> None:
    """Let program NUMBER hear of events at URL. The secret that signs messages is shown this once."""
    from liangqing.house import start

    start.start()
    from django.utils.translation import gettext as _

    from liangqing.api.actions import webhooks
    from liangqing.trail.actions.seal import seal

    made, secret = webhooks.register(_program(number), url, events, None)
    seal()
    if as_json:
        say({"id": made.pk, "url": made.url, "events": made.events, "secret": secret})
    else:
        click.echo(
            _("Messages to {url} are signed with this secret, shown only now: {secret}").format(url=url, secret=secret)
        )


@webhook.command("list")
@json_option
def list_webhooks(as_json: bool) -> None:
    """Addresses that hear of events, and how many messages wait or were given up."""
    from liangqing.house import start

    start.start()
    from django.db.models import Count, Q

    from liangqing.api.models import Webhook

    waiting, failed = (Count("deliveries", filter=Q(deliveries__state=state)) for state in ("waiting", "failed"))
    rows = Webhook.objects.filter(client__active=True).select_related("client").order_by("id")
    found: list[dict[str, Any]] = [
        {
            "id": each.pk,
            "program": each.client.name,
            "url": each.url,
            "events": each.events,
            "active": each.active,
            "waiting": each.waiting,
            "failed": each.failed,
        }
        for each in rows.annotate(waiting=waiting, failed=failed)
    ]
    if as_json:
        say(found)
    for each in () if as_json else found:
        click.echo(f"{each['id']:>4}  {each['program']}  {each['url']}  {', '.join(each['events'])}")


@webhook.command("rotate")
@click.argument("number", type=int)
@json_option
def rotate_secret(number: int, as_json: bool) -> None:
    """Give webhook NUMBER a new secret. It is shown this once; the old one signs beside it for a day."""
    from liangqing.house import start

    start.start()
    from django.utils.translation import gettext as _

    from liangqing.api.actions import webhooks
    from liangqing.api.models import Webhook
    from liangqing.kit.refusal import Refusal
    from liangqing.trail.actions.seal import seal

    found = Webhook.objects.filter(pk=number, client__active=True).first()
    if found is None:
        raise Refusal("no_webhook", _("There is no webhook {number}. See: liangqing webhook list"), number=number)
    secret = webhooks.replace_secret(found, None)
    seal()
    if as_json:
        say({"id": found.pk, "url": found.url, "secret": secret})
    else:
        click.echo(
            _("Messages to {url} are signed with this secret, shown only now: {secret}").format(
                url=found.url, secret=secret
            )
        )


def _program(number: int) -> Client:
    from django.utils.translation import gettext_lazy as _

    from liangqing.api.models import Client
    from liangqing.kit.refusal import Refusal

    found = Client.objects.filter(pk=number, active=True).first()
    if found is None:
        raise Refusal(
            "no_program", _("There is no program {number} with a key. See: liangqing program list"), number=number
        )
    return found
