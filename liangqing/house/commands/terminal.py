"""What people see on the terminal: tables that line up in Chinese too, progress on long work, plain text in a pipe."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rich import box
from rich.cells import cell_len
from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from liangqing.cases import words
from liangqing.cases.queries.lists import Line
from liangqing.cases.queries.lists import worklist as lines_of
from liangqing.imports.actions.bring import Result
from liangqing.imports.models import Import
from liangqing.kit.money import Money
from liangqing.nightly.models import Run
from liangqing.people.models import User
from liangqing.policy import words as policy_words
from liangqing.policy.tables import blank_tables
from liangqing.receivables.rules.lateness import BUCKETS
from liangqing.warning.level import Level

if TYPE_CHECKING:
    from liangqing.nightly.actions.run import Report  # dear to load

_IN_A_PIPE = 140
"""Columns where there is no terminal to ask."""


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(stderr=stderr, highlight=False, width=_IN_A_PIPE)
    return console


out, err = _console(), _console(stderr=True)

_COLOUR = {"mild": "yellow", "moderate": "dark_orange", "severe": "red"}
_STEPS = {
    "snapshot": gettext_lazy("reading the books"),
    "owed": gettext_lazy("what is owed"),
    "accounts": gettext_lazy("customers' accounts"),
    "levels": gettext_lazy("warning levels"),
    "alerts": gettext_lazy("warnings"),
    "cases": gettext_lazy("cases"),
    "promises": gettext_lazy("promises"),
    "work": gettext_lazy("what to do"),
    "deal": gettext_lazy("dealing out"),
    "lists": gettext_lazy("lists"),
    "figures": gettext_lazy("figures"),
    "land": gettext_lazy("writing down"),
    "close": gettext_lazy("checking and sealing"),
    "read": gettext_lazy("reading the file"),
    "check": gettext_lazy("checking the rows"),
    "seal": gettext_lazy("sealing"),
    "keep": gettext_lazy("keeping the day"),
}
_KINDS = {
    "customers": gettext_lazy("customers"),
    "bills": gettext_lazy("bills"),
    "payments": gettext_lazy("payments"),
    "contacts": gettext_lazy("contacts"),
}
_BUCKETS = {
    "not_due": gettext_lazy("not due"),
    "1-30": gettext_lazy("1–30 days"),
    "31-60": gettext_lazy("31–60 days"),
    "61-90": gettext_lazy("61–90 days"),
    "91+": gettext_lazy("over 90 days"),
}


def _amount(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).major:,}" if amount else "–"


def _table(*columns: tuple[str, str], title: str = "") -> Table:
    """Columns of (heading, 'left' or 'right')."""
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    return table


def _show(table: Table) -> None:
    """Print a table whose figures are never cut: when room is scarce, words wrap."""
    for column in table.columns:
        if column.justify == "right":
            column.min_width = max((cell_len(str(cell)) for cell in column.cells), default=0)
    out.print(table)


# progress ------------------------------------------------------------------------------------------------------------


@contextmanager
def progress(name: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Which step a file is in; a moving line on a terminal, nothing in a pipe."""
    if quiet or not err.is_terminal:
        yield lambda _step: None
        return
    with _bar() as bar:
        task = bar.add_task(name, total=None)
        yield lambda step: bar.update(task, description=f"{name}: {_STEPS.get(step, step)}")


@contextmanager
def night_progress(*, quiet: bool) -> Iterator[Callable[[dt.date, str], None]]:
    """Which date and step the night is in."""
    if quiet:
        yield lambda _date, _step: None
    elif not err.is_terminal:
        seen: set[dt.date] = set()

        def tell(date: dt.date, _step: str) -> None:
            if date not in seen and len(seen) % 10 == 0:
                err.print(_("Night of {date} …").format(date=date))
            seen.add(date)

        yield tell
    else:
        with _bar() as bar:
            task = bar.add_task(_("Night"), total=None)
            yield lambda date, step: bar.update(
                task, description=_("Night of {date}: {step}").format(date=date, step=_STEPS.get(step, step))
            )


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(),
        console=err, transient=True,
    )  # fmt: skip


# files ---------------------------------------------------------------------------------------------------------------


def import_result(result: Result, *, dry_run: bool) -> None:
    """What became of a file: counts, warnings, the first errors and where all of them are."""
    if not result.kind or (result.errors and result.errors[0]["row"] is None):
        message = result.errors[0]["message"] if result.errors else ""
        out.print(Text.assemble(("✗ ", "bold red"), f"{result.file}: {message}"))
        return
    head = _("{file}: {rows} rows of {kind}").format(
        file=result.file, rows=f"{result.rows:,}", kind=_KINDS[result.kind]
    )
    sign = ("✓ ", "bold green") if not result.rejected else ("! ", "bold yellow")
    out.print(Text.assemble(sign, head, (_("  (dry run: nothing landed)") if dry_run else "", "dim")))
    counts = _("  new {created} · changed {updated} · unchanged {unchanged} · rejected {rejected}").format(
        created=f"{result.created:,}",
        updated=f"{result.updated:,}",
        unchanged=f"{result.unchanged:,}",
        rejected=f"{result.rejected:,}",
    )
    out.print(counts)
    for sentence in result.sentences:
        out.print(Text(f"  · {sentence}", style="yellow"))
    for error in result.errors[:10]:
        out.print(Text(_("  row {row}: {message}").format(row=error["row"], message=error["message"]), style="red"))
    if result.error_file:
        out.print(
            _("  The rejected rows are in {file}. Correct them there and import that file.").format(
                file=result.error_file
            )
        )


def imports(records: Sequence[Import]) -> None:
    """The last imports."""
    if not records:
        out.print(_("Nothing has been imported yet. Start with: liangqing import FILE"))
        return
    table = _table(
        ("#", "right"), (_("file"), "left"), (_("kind"), "left"), (_("rows"), "right"), (_("new"), "right"),
        (_("changed"), "right"), (_("rejected"), "right"), (_("status"), "left"), (_("when"), "left"),
    )  # fmt: skip
    for record in records:
        table.add_row(
            str(record.pk), record.file, str(_KINDS.get(record.kind, record.kind)), f"{record.rows:,}",
            f"{record.created:,}", f"{record.updated:,}",
            f"{record.rejected:,}", record.get_status_display(), timezone.localtime(record.landed_at).strftime("%Y-%m-%d %H:%M"),
        )  # fmt: skip
    _show(table)


# nights --------------------------------------------------------------------------------------------------------------


def night_report(report: Report) -> None:
    """The report of a run."""
    counts = report.counts
    # A report that was stored has them in the order the database likes.
    alerts = " · ".join(f"{level.label} {counts['alerts'].get(level.value, 0):,}" for level in Level)
    grid = Table.grid(padding=(0, 3))
    rows = [
        (_("open bills"), f"{counts['open_bills']:,}", _("cases opened"), f"{counts['cases_opened']:,}"),
        (_("late bills"), f"{counts['late_bills']:,}", _("cases closed"), f"{counts['cases_closed']:,}"),
        (_("late customers"), f"{counts['late_customers']:,}", _("promises broken"), f"{counts['promises_broken']:,}"),
        (_("tasks on the lists"), f"{counts['tasks']:,}", _("rows changed"), f"{report.changed_rows:,}"),
    ]
    for left, a, right, b in rows:
        grid.add_row(
            Text(left, style="dim"), Text(a, justify="right"), Text(right, style="dim"), Text(b, justify="right")
        )
    parts: list[Any] = [grid, Text(_("new warnings: {alerts}").format(alerts=alerts))]
    if counts["skipped"]:
        passed = " · ".join(f"{words.skipped(reason)} {count:,}" for reason, count in counts["skipped"].items())
        parts.append(Text(_("passed over: {reasons}").format(reasons=passed), style="dim"))
    if report.caught_up:
        parts.append(Text(_("caught up {count} missed nights").format(count=len(report.caught_up)), style="dim"))
    took = _("policy {policy} · {seconds} s").format(
        policy=report.policy, seconds=f"{sum(report.seconds.values()):.1f}"
    )
    parts.append(Text(took, style="dim"))
    title = _("Night of {date}").format(date=report.date)
    out.print(Panel(Group(*parts), title=title, title_align="left", expand=False, border_style="blue"))


def morning(report: Report | None) -> None:
    """The last night's report, the ageing and everybody's list."""
    from liangqing.nightly.actions.run import Report
    from liangqing.receivables.queries.ageing import ageing as rows_of
    from liangqing.receivables.queries.unapplied import unapplied

    last = Run.objects.filter(status=Run.Status.DONE).order_by("-date").first()
    if last is None:
        out.print(_("No night has been run yet. Run one first: liangqing night --date D."))
        return
    if report is None:
        report = Report(last.date, last.policy, last.status, last.counts, 0, last.seconds)
    night_report(report)
    table: dict[str, dict[str, tuple[int, int]]] = {}
    for row in sorted(rows_of(last.date), key=lambda row: row["currency"]):
        table.setdefault(row["currency"], dict.fromkeys(BUCKETS, (0, 0)))[row["bucket"]] = (row["bills"], row["amount"])
    ageing(last.date, table, unapplied(last.date))
    for user in (
        User.objects.filter(is_active=True).select_related("department").order_by("department__code", "username")
    ):
        lines = lines_of(user, last.date, limit=None)
        if lines:
            worklist(user, last.date, lines, most=8)


# lists ---------------------------------------------------------------------------------------------------------------


def ageing(
    as_of: dt.date, table: Mapping[str, Mapping[str, tuple[int, int]]], on_account: Mapping[str, tuple[int, int]]
) -> None:
    """Ageing by band; each currency has its own two columns."""
    if not table:
        out.print(_("Nothing is owed as of {day}.").format(day=as_of))
    else:
        heads = [(f"{heading}", "right") for currency in table for heading in (_("bills"), currency)]
        shown = _table((_("age"), "left"), *heads, title=_("Ageing as of {day}").format(day=as_of))
        for bucket in BUCKETS:
            cells = [cell for currency, bands in table.items() for cell in _cell(bands[bucket], currency)]
            shown.add_row(str(_BUCKETS[bucket]), *cells)
        sums = {
            currency: (sum(cell[0] for cell in bands.values()), sum(cell[1] for cell in bands.values()))
            for currency, bands in table.items()
        }
        shown.add_section()
        shown.add_row(_("total"), *(cell for currency, total in sums.items() for cell in _cell(total, currency)))
        _show(shown)
    for currency, (count, rest) in on_account.items():
        out.print(
            Text(
                _("Unapplied: {currency} {amount} of {count} payments name no bill or bring more than it asks.").format(
                    currency=currency, amount=_amount(rest, currency), count=count
                ),
                style="yellow",
            )
        )


def _cell(held: tuple[int, int], currency: str) -> tuple[str, str]:
    bills, amount = held
    return (f"{bills:,}" if bills else "–"), _amount(amount, currency)


def ageing_by_customer(
    as_of: dt.date, each: Mapping[tuple[str, str], Mapping[str, tuple[int, int]]], names: Mapping[str, str]
) -> None:
    """Ageing by customer, those who owe most first."""
    shown = _table(
        (_("currency"), "left"), (_("customer"), "left"), (_("name"), "left"),
        *((str(_BUCKETS[bucket]), "right") for bucket in BUCKETS), (_("total"), "right"),
        title=_("Ageing as of {day}").format(day=as_of),
    )  # fmt: skip
    totals = {key: sum(amount for _bills, amount in cells.values()) for key, cells in each.items()}
    for key in sorted(each, key=lambda key: (key[0], -totals[key], key[1])):
        currency, number = key
        shown.add_row(
            currency, number, names[number],
            *(_amount(each[key][bucket][1], currency) for bucket in BUCKETS), _amount(totals[key], currency),
        )  # fmt: skip
    _show(shown)


def worklist(user: User, on: dt.date, lines: Sequence[Line], *, most: int | None = None) -> None:
    """A person's list, each line with why it stands there."""
    where = f" · {user.department}" if user.department else ""
    title = _("{name}{where} · {day} · {count} tasks").format(name=user.name, where=where, day=on, count=len(lines))
    if not lines:
        out.print(title)
        out.print(Text(_("Nothing to do this morning."), style="dim"))
        return
    table = _table(
        ("#", "right"), (_("points"), "right"), (_("level"), "left"), (_("customer"), "left"), (_("late amount"), "right"),
        (_("days"), "right"), (_("to do, and why it stands here"), "left"), title=title,
    )  # fmt: skip
    for line in lines[:most]:
        level = line.task.case.level if line.task.case else ""
        why = "；".join(f"{words.spoken(reason.words)} {reason.points:+d}" for reason in line.reasons)
        table.add_row(
            str(line.place),
            str(line.task.points),
            Text(str(Level(level).label) if level else "–", style=_COLOUR.get(level, "")),
            Text.assemble(line.task.party.name, (f"\n{line.task.case.number}" if line.task.case else "", "dim")),
            "\n".join(f"{money.currency} {money.major:,}" for money in line.late) or "–",
            str(line.days_late) if line.days_late is not None else "–",
            Text.assemble(words.action(line.task.action), (f"\n{why}", "dim")),
        )
    _show(table)
    if most and len(lines) > most:
        out.print(
            Text(
                _("… and {count} more: liangqing worklist --user {user}").format(
                    count=len(lines) - most, user=user.username
                ),
                style="dim",
            )
        )


def explanation(told: Mapping[str, Any]) -> None:
    """Why a case stands where it stands, row by row."""
    out.print(
        Text.assemble(
            (f"{told['case']}  ", "bold"),
            f"{told['name']} ({told['customer']}) → {told['creditor']}  ",
            (str(Level(told["level"]).label), _COLOUR[told["level"]]),
        )
    )
    out.print(Text(_("as of {day} · policy {policy}").format(day=told["as_of"], policy=told["policy"]), style="dim"))
    facts = _table(
        (_("currency"), "left"), (_("balance"), "right"), (_("late"), "right"), (_("days"), "right"), (_("share"), "right"),
        (_("unapplied"), "right"), (_("level"), "left"), (_("row"), "left"), (_("why"), "left"),
    )  # fmt: skip
    for account in told["accounts"]:
        row = account["row"]
        facts.add_row(
            account["currency"], _grouped(account["balance"]), _grouped(account["late"]),
            _days(account["days"]), _share(account), _grouped(account["unapplied"]),
            str(Level(account["level"]).label) if account["level"] else "–",
            row["row"] if row else "", words.spoken(row["reason"]) if row else "",
        )  # fmt: skip
    _show(facts)
    if told["class"]:
        graded = told["class"]
        named = blank_tables()["customer.class"].outputs[-1]
        out.print(
            _("Class: {name} ({row}: {why})").format(
                name=policy_words.word(named, graded["customer_class"]),
                row=graded["row"],
                why=words.spoken(graded["reason"]),
            )
        )
    if told["action"]:
        action = told["action"]
        out.print(
            _("To do: {action} ({row}: {why})").format(
                action=words.action(action["action"]), row=action["row"], why=words.spoken(action["reason"])
            )
        )
    if told["skipped"]:
        out.print(_("Passed over: {reason}").format(reason=words.skipped(told["skipped"])))
    desk = told["desk"]
    out.print(
        _("Owner: {owner} (whoever has a case keeps it; a new one goes by {row}: {why})").format(
            owner=told["owner"] or _("nobody"), row=desk["row"], why=words.spoken(desk["reason"])
        )
    )
    points = _table((_("points"), "right"), (_("row"), "left"), (_("why"), "left"), title=_("Place in the list"))
    for reason in told["priority"]:
        points.add_row(f"{reason['points']:+d}", reason["row"], words.spoken(reason["reason"]))
    points.add_row(Text(str(told["points"]), style="bold"), "", Text(_("in all"), style="bold"))
    _show(points)


def _grouped(amount: str) -> str:
    """A plain decimal with separators, for people."""
    return f"{Decimal(amount):,}"


def _share(account: Mapping[str, Any]) -> str:
    """The overdue share, with a word when the policy does not count it (the late amount is below the floor)."""
    shown = f"{account['share_bp'] / 100:.2f}%"
    counted = account["share_counted_bp"]
    if counted is None or counted == account["share_bp"]:
        return shown
    return f"{shown} {_('(not counted: small amount)')}"


def _days(days: int | None) -> str:
    """How many days late; what falls due only later is not late by a negative number."""
    if days is None:
        return "–"
    return str(days) if days >= 0 else str(_BUCKETS["not_due"])


def verification(sound: bool, entries: int, blocks: int, wrong: Mapping[str, Sequence[str]]) -> None:
    """What was checked and what is wrong."""
    if sound:
        out.print(
            Text.assemble(
                ("✓ ", "bold green"),
                _(
                    "Everything holds: {entries} trail entries in {blocks} sealed blocks, money rows and invariants."
                ).format(entries=f"{entries:,}", blocks=f"{blocks:,}"),
            )
        )
        return
    for sentences in wrong.values():
        for sentence in sentences:
            out.print(Text.assemble(("✗ ", "bold red"), sentence))
