"""A table tested with one real customer: what it looks at, which conditions hold, row by row, and the row that decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from liangqing import policy
from liangqing.cases.queries import visible
from liangqing.cases.queries.standing import TABLES, Standing, as_of, standings
from liangqing.kit import clock
from liangqing.parties.models import Creditor, Party
from liangqing.people.rights import can
from liangqing.policy import Policy, words
from liangqing.policy.book import build
from liangqing.policy.content import Content, complete
from liangqing.policy.queries.versions import Look, cell_of, content_of, table_for
from liangqing.policy.tables import Row, Table, TableError
from liangqing.workbench.doors import Request, page
from liangqing.workbench.forms.policy import shown, whole
from liangqing.workbench.pages.policy import sentences
from liangqing.workbench.pages.policy.tables import _table, cell
from liangqing.workbench.pages.policy.versions import find
from liangqing.workbench.words import customer_name


@dataclass(frozen=True)
class _Side:
    """One version's answer: its facts, its rows, the one that decides."""

    name: str
    facts: list[tuple[str, str, bool]]
    rows: list[dict[str, Any]]
    answer: str
    reason: str
    decided: str


@page("policy.see")
def test(request: Request, name: str, key: str) -> HttpResponse:
    """``?q=`` names a case or a customer; ``?f-…=`` are facts entered by hand, instead of the customer's or besides."""
    found, table = find(name), _table(key)
    wanted = request.GET.get("q", "").strip()[:64]
    asks = key in TABLES
    party, night = _party(request, wanted) if asks and wanted else None, as_of()
    sentence, accounts, sides = "", [], []
    now = policy.in_force(clock.today())
    facts: dict[str, Any] = {}
    if wanted and asks and party is None:
        sentence = _("No case or customer of this number is within your reach.")
    elif party is not None and night is None:
        sentence = _("No night has been run yet, so nothing is known of this customer.")
    chosen = request.GET.get("account", "0")
    index = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 else 0
    by_hand = _by_hand(request, table)
    if party is not None and night is not None:
        mine = _own(found)
        both = standings(party, [mine or now, now], night)
        fitting = [[each for each in side if key in each.facts] for side in both]
        if not fitting[0]:
            sentence = _("This customer owes nothing that the table would look at.")
        else:
            standing = fitting[0][min(index, len(fitting[0]) - 1)]
            creditors = dict(Creditor.objects.in_bulk({each.creditor_id for each in fitting[0]}))
            accounts = [
                (number, f"{creditors[each.creditor_id].name} {each.currency}".strip(), each is standing)
                for number, each in enumerate(fitting[0])
            ]
            line = creditors[standing.creditor_id].code
            place = {"line": line, "place": party.country, "debtor": party.kind}
            facts = {**standing.facts[key], **by_hand}
            if mine is None:
                sentence = _("This version has problems elsewhere, so the facts are those under {version}.").format(
                    version=now.version
                )
            sides = [_side(found.name, found.content, table, facts, by_hand, place)]
            twin = _same_account(fitting[1], standing)
            ruling = now.of(party.pk, **place)
            if twin is not None and ruling.version != found.name and (other := content_of(ruling.version)):
                sides.append(
                    _side(ruling.version, complete(other), table, {**twin.facts[key], **by_hand}, by_hand, place)
                )
    elif by_hand and set(by_hand) == {column.name for column in table.inputs}:
        facts, place = by_hand, {"line": "", "place": "", "debtor": ""}
        sides = [_side(found.name, found.content, table, facts, by_hand, place)]
        if now.version != found.name and (other := content_of(now.version)):
            sides.append(_side(now.version, complete(other), table, facts, by_hand, place))
    return render(
        request,
        "workbench/policy/test.html",
        {
            "look": found,
            "version": found.row,
            "table": table,
            "name": words.spoken(table.name),
            "asks": asks and can(request.user, "customer.see"),
            "q_number": wanted,
            "party": party,
            "party_name": customer_name(party, request.user) if party else "",
            "night": night,
            "accounts": accounts,
            "sentence": sentence,
            "sides": sides,
            "differ": len(sides) == 2 and sides[0].answer != sides[1].answer,
            "fields": _fields(table, facts),
            "by_hand": by_hand,
        },
    )


def _party(request: Request, wanted: str) -> Party | None:
    """The customer of this number, or of the case of this number, among those the person may see."""
    case = visible.cases(request.user).filter(number=wanted).select_related("party").first()
    if case is not None:
        return case.party
    party = visible.parties(request.user).select_related("merged_into").filter(number=wanted).first()
    return party.merged_into or party if party else None


def _own(found: Look) -> Policy | None:
    """The version as policy, for everybody even where only a share is drawn; None while it has problems."""
    try:
        return build(found.content, version=found.name, from_on=found.line.from_on)
    except TableError:
        return None


def _same_account(found: list[Standing], wanted: Standing) -> Standing | None:
    return next(
        (each for each in found if (each.creditor_id, each.currency) == (wanted.creditor_id, wanted.currency)), None
    )


def _side(
    name: str,
    content: Content,
    blank: Table,
    facts: Mapping[str, Any],
    by_hand: Mapping[str, Any],
    place: Mapping[str, str],
) -> _Side:
    table = table_for(content, blank.key, cell_of(**place))
    written = content["tables"].get(blank.key) or []
    rows: list[dict[str, Any]] = []
    decided: list[Row] = []
    for row, given in zip(table.rows, written, strict=True):
        holds = row.holds(facts)
        asked = table.adds_up or not decided
        if holds and asked:
            decided.append(row)
        rows.append(
            {
                "name": row.row,
                "conditions": [
                    (words.spoken(column.label), cell(column, given.get("when") or {}, content)[0], met)
                    for column in table.inputs
                    if column.name in row.when
                    for met in (row.when[column.name].holds(facts[column.name]),)
                ],
                "holds": holds,
                "decides": holds and asked,
                "asked": asked or row in decided,
                "answer": _answer(table, row),
            }
        )
    return _Side(
        name=name,
        facts=[
            (words.spoken(column.label), sentences.fact(column, facts[column.name]), column.name in by_hand)
            for column in table.inputs
        ],
        rows=rows,
        answer=_summed(table, decided),
        reason=sentences.joined([words.spoken(row.reason) for row in decided]),
        decided=sentences.joined([row.row for row in decided]),
    )


def _answer(table: Table, row: Row) -> str:
    return sentences.joined(
        [
            f"{words.spoken(column.label)} {words.word(column, row.then[column.name])}"
            for column in table.outputs
            if column.name in row.then
        ]
    )


def _summed(table: Table, decided: list[Row]) -> str:
    if table.adds_up:
        column = table.outputs[0]
        return f"{words.spoken(column.label)} {sum(int(row.then[column.name]) for row in decided)}"
    return _answer(table, decided[0]) if decided else _("no row decides")


# facts by hand ----------------------------------------------------------------------------------------------------------


def _by_hand(request: Request, table: Table) -> dict[str, Any]:
    """The facts entered on the page; what can't be read is left out."""
    found: dict[str, Any] = {}
    for column in table.inputs:
        text = request.GET.get(f"f-{column.name}", "").strip()
        if not text:
            continue
        if column.domain is not None:
            try:
                number = whole(text, column.name.endswith("_bp"))
            except ValueError:
                continue
            if column.domain.holds(number):
                found[column.name] = number
        else:
            value = next((each for each in column.values if _as_text(each) == text), None)
            if value is not None:
                found[column.name] = value
    return found


def _as_text(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _fields(table: Table, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for column in table.inputs:
        value = facts.get(column.name)
        text = "" if value is None else shown(value, column.name.endswith("_bp")) if column.domain else _as_text(value)
        found.append(
            {
                "name": f"f-{column.name}",
                "label": words.spoken(column.label),
                "value": text,
                "choices": [
                    (_as_text(each), words.word(column, each), _as_text(each) == text) for each in column.values
                ],
            }
        )
    return found
