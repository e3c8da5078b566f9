"""ageing, worklist, verify: what there is to see."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from typing import Any

import click

from liangqing.house.commands import command, json_option, say
from liangqing.house.commands.nights import Day


@command("ageing")
@click.option("--as-of", "as_of", type=Day(), required=True, help="Any day, past ones too.")
@click.option("--by", type=click.Choice(["bucket", "customer"]), default="bucket")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, for spreadsheets.")
@json_option
def ageing(as_of: dt.date, by: str, as_csv: bool, as_json: bool) -> None:
    """What is owed, by age, as of any day. Currencies are never added together."""
    from liangqing.house.commands import terminal
    from liangqing.kit.money import plain
    from liangqing.parties.models import Party
    from liangqing.receivables.queries import ageing as query
    from liangqing.receivables.queries.unapplied import unapplied
    from liangqing.receivables.rules.lateness import BUCKETS

    rows = query.ageing(as_of, by_customer=by == "customer")
    empty = dict.fromkeys(BUCKETS, (0, 0))
    if by == "bucket":
        table: dict[str, dict[str, tuple[int, int]]] = {}
        for row in sorted(rows, key=lambda row: row["currency"]):
            table.setdefault(row["currency"], dict(empty))[row["bucket"]] = (row["bills"], row["amount"])
        told = {
            currency: {
                bucket: {"bills": bills, "amount": plain(amount, currency)} for bucket, (bills, amount) in cells.items()
            }
            for currency, cells in table.items()
        }
        if as_json:
            say(told)
        elif as_csv:
            _csv(
                ["currency", "bucket", "bills", "amount"],
                [[c, b, cell["bills"], cell["amount"]] for c, cells in told.items() for b, cell in cells.items()],
            )
        else:
            terminal.ageing(as_of, table, unapplied(as_of))
        return
    names = {party.pk: party for party in Party.objects.filter(pk__in={row["party_id"] for row in rows}).iterator()}
    each: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for row in rows:
        cells = each.setdefault((row["currency"], names[row["party_id"]].number), dict(empty))
        cells[row["bucket"]] = (row["bills"], row["amount"])
    called = {party.number: party.name for party in names.values()}
    if as_csv:
        _csv(
            ["currency", "customer", "name", *BUCKETS, "total"],
            [
                [
                    currency,
                    number,
                    called[number],
                    *(plain(cells[b][1], currency) for b in BUCKETS),
                    plain(sum(amount for _bills, amount in cells.values()), currency),
                ]
                for (currency, number), cells in sorted(each.items())
            ],
        )
    elif as_json:
        by_currency: dict[str, dict[str, Any]] = {}
        for (currency, number), cells in sorted(each.items()):
            by_currency.setdefault(currency, {})[number] = {
                "name": called[number],
                **{b: {"bills": bills, "amount": plain(amount, currency)} for b, (bills, amount) in cells.items()},
            }
        say(by_currency)
    else:
        terminal.ageing_by_customer(as_of, each, called)


def _csv(head: list[str], rows: list[list[Any]]) -> None:
    """CSV with cells safe from being taken for formulas."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])


def _safe(cell: Any) -> Any:
    text = str(cell)
    return f"'{text}" if text[:1] in "=+-@\t\r" and not text.lstrip("-").replace(".", "").isdigit() else cell


@command("worklist")
@click.option("--user", "username", required=True, help="Login name.")
@click.option("--date", "date", type=Day(), help="The morning; that of the last night when not given.")
@json_option
def worklist(username: str, date: dt.date | None, as_json: bool) -> None:
    """A person's list for a morning, each line with its reasons."""
    from django.utils.translation import gettext_lazy as _

    from liangqing.cases.queries.lists import worklist as lines_of
    from liangqing.house.commands import terminal
    from liangqing.house.explain import as_of_last_night
    from liangqing.kit.refusal import Refusal
    from liangqing.people.models import User

    user = User.objects.filter(username=username).first()
    if user is None:
        known = ", ".join(User.objects.order_by("username").values_list("username", flat=True)[:20])
        raise Refusal(
            "no_user",
            _("There is no person “{username}”. Known: {known}. Add one: liangqing user add."),
            status=404,
            username=username,
            known=known or "-",
        )
    on = date or as_of_last_night()
    if on is None:
        raise Refusal("no_night", _("No night has been run yet. Run one first: liangqing night --date D."))
    lines = lines_of(user, on, limit=None)
    if as_json:
        say({"user": username, "date": on, "tasks": [_line(line) for line in lines]})
    else:
        terminal.worklist(user, on, lines)


def _line(line: Any) -> dict[str, Any]:
    from liangqing.cases import words
    from liangqing.kit.money import plain

    task = line.task
    return {
        "place": line.place,
        "case": task.case.number if task.case else None,
        "customer": task.party.number,
        "name": task.party.name,
        "creditor": task.creditor.name,
        "level": task.case.level if task.case else None,
        "action": task.action,
        "action_text": words.action(task.action),
        "action_row": task.action_row,
        "why": words.spoken(line.asked_by.words),
        "due_on": task.due_on,
        "late": {money.currency: plain(money.amount, money.currency) for money in line.late},
        "days": line.days_late,
        "points": task.points,
        "reasons": [
            {"row": reason.row, "points": reason.points, "text": words.spoken(reason.words)} for reason in line.reasons
        ],
        "policy": task.policy,
    }


@command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Check every invariant and the seals of the trail; exit 1 and say what is wrong."""
    from liangqing.house.commands import terminal
    from liangqing.house.invariants import broken
    from liangqing.receivables.queries import proof as money_proof
    from liangqing.trail.models import Block, Entry
    from liangqing.trail.queries import proof as trail_proof

    wrong = {
        "trail": list(trail_proof.flaws()),
        "money": list(money_proof.flaws()),
        "invariants": list(broken()),
    }
    sound = not any(wrong.values())
    entries, blocks = Entry.objects.count(), Block.objects.count()
    if as_json:
        say({"ok": sound, "entries": entries, "blocks": blocks, "wrong": wrong})
    else:
        terminal.verification(sound, entries, blocks, wrong)
    if not sound:
        sys.exit(1)
