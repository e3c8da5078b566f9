"""demo, user, backup, restore: the institution itself."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from liangqing.house.commands import command, json_option, main, say
from liangqing.people.duties import Duty


@main.group("user")
def user() -> None:
    """The people of the institution."""


@user.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--department", default="collection", show_default=True, help="Code of the department; made when missing."
)
@click.option("--department-name", default="", help="Its name, when it is made.")
@click.option("--department-kind", default="", help="business, collection, risk, finance, legal, audit or management.")
@click.option("--position", default="", help="What the person is.")
@click.option(
    "--duty", "duties", multiple=True, type=click.Choice(Duty.values), default=("collect",), show_default=True
)
@click.option("--skill", "skills", multiple=True, help="A desk the person can work at: business, collection, special.")
@click.option("--capacity", default=100, show_default=True, help="100 is a full load; 0 takes no new cases.")
@json_option
def add_user(
    username: str,
    name: str,
    department: str,
    department_name: str,
    department_kind: str,
    position: str,
    duties: tuple[str, ...],
    skills: tuple[str, ...],
    capacity: int,
    as_json: bool,
) -> None:
    """Add a person, who gets work from the next night on."""
    from liangqing.house import start

    start.start()
    from django.utils.translation import gettext as _

    from liangqing.outreach.actions import templates
    from liangqing.people.actions import staff
    from liangqing.trail.actions.seal import seal

    templates.install_presets()
    home = staff.found_department(department, name=department_name, kind=department_kind)
    person = staff.join(
        username,
        name=name,
        department=home,
        position=position,
        duties=duties,
        skills=skills,
        capacity=capacity,
    )
    seal()
    if as_json:
        say({"id": person.pk, "username": username, "department": home.code})
    else:
        click.echo(_("{name} has joined {department}.").format(name=person.name, department=home.name))


@user.command("password")
@click.argument("username")
@click.option("--keep", is_flag=True, help="Let the person keep it; else another is chosen at the first sign-in.")
@json_option
def set_password(username: str, keep: bool, as_json: bool) -> None:
    """Set the password USERNAME signs in with: asked for twice, or the first line of standard input."""
    from liangqing.house import start

    if as_json:
        click.get_current_context().meta["json"] = True
    start.start()
    from django.utils.translation import gettext as _
    from django.utils.translation import gettext_lazy

    from liangqing.kit.refusal import Refusal
    from liangqing.people.actions import staff
    from liangqing.people.models import User
    from liangqing.trail.actions.seal import seal

    person = User.objects.filter(username=username).first()
    if person is None:
        raise Refusal("unknown_person", gettext_lazy("There is no person “{username}”."), username=username)
    if sys.stdin.isatty():
        password = click.prompt(_("New password"), hide_input=True, confirmation_prompt=_("Once more"))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    staff.set_password(person, password, None, keep=keep)
    seal()
    if as_json:
        say({"id": person.pk, "username": username})
    else:
        click.echo(_("{name} can sign in with the new password.").format(name=person.name))


@command("demo")
@click.option("--nights", default=60, show_default=True, help="How many nights to run.")
@click.option("--if-empty", is_flag=True, help="Where there is data already, just show the last morning.")
@json_option
def demo(nights: int, if_empty: bool, as_json: bool) -> None:
    """Fill an empty house with a demo institution, its ledger and its nights, and show the last morning."""
    from django.conf import settings
    from django.utils.translation import gettext_lazy as _

    from liangqing.house.commands import terminal
    from liangqing.house.demo import institution
    from liangqing.kit.refusal import Refusal

    if if_empty and institution.exists():
        if not institution.finished():
            raise Refusal(
                "demo_unfinished",
                _("The demo in {home} was interrupted while it was made. Delete that folder and start again."),
                home=settings.HOME,
            )
        terminal.morning(None)
        return
    with terminal.night_progress(quiet=as_json) as hear:
        report = institution.build(nights=nights, progress=hear)
    if as_json:
        say(report.as_json())
    else:
        terminal.morning(report)


@command("morning")
def morning() -> None:
    """The report of the last night and everybody's list."""
    from liangqing.house.commands import terminal

    terminal.morning(None)


@command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def make_backup(file: Path) -> None:
    """Write everything but the key into FILE."""
    from django.conf import settings
    from django.utils.translation import gettext as _

    from liangqing.house.backup import backup

    backup(file)
    click.echo(
        _("Written to {file}. Keep the master key apart from it: {key}").format(
            file=file, key=Path(settings.HOME) / "keys" / "master.key"
        )
    )


@command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Lose what is here now.")
def bring_back(file: Path, replace: bool) -> None:
    """Bring everything back from FILE."""
    from django.utils.translation import gettext as _

    from liangqing.house.backup import restore

    manifest = restore(file, replace=replace)
    click.echo(
        _("Restored from {file}, made at {at}. Now check it: liangqing verify").format(
            file=file, at=manifest["made_at"]
        )
    )
