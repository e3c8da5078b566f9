"""No business number is left in code: what a decision compares with, or how many days it waits, is a term of the policy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import liangqing

ROOMS = ("approvals", "cases", "outreach", "oversight", "parties", "people", "receivables", "warning")
ROOT = Path(liangqing.__file__).parent
PLAIN = {-1, 0, 1, 2}
"""What counting and comparing need."""

TECHNICAL: dict[str, tuple[set[int], str]] = {
    "cases/steps.py": ({6}, "digits of a case number"),
    "oversight/printing/document.py": ({4, 100}, "setting: widths and percent"),
    "oversight/printing/numbering.py": ({1000}, "Chinese numerals"),
    "oversight/queries/evidence.py": ({30, 365}, "days back that the register counts and looks"),
    "outreach/actions/calls.py": ({7}, "days back in which calls without a record are looked for"),
    "outreach/actions/mailboxes.py": ({7}, "days of a mailbox that are read the first time"),
    "outreach/channels/signing.py": ({11}, "digits of a timestamp"),
    "outreach/content/saying.py": ({100}, "numbers in English words"),
    "outreach/queries/days.py": ({5}, "Saturday"),
    "outreach/queries/visits.py": ({7}, "days of a week"),
    "outreach/rules/plain.py": ({0x370}, "where the Greek letters begin"),
    "outreach/rules/visits.py": ({90, 180}, "degrees on earth"),
    "parties/actions/particulars.py": ({31}, "days of a month"),
    "parties/rules/identity.py": ({18}, "length of an identity number"),
    "parties/rules/masking.py": ({5, 8, 15}, "lengths of what is masked"),
    "parties/rules/searching.py": ({3}, "letters of a search token"),
    "receivables/actions/receipts.py": ({64}, "length of a column"),
    "receivables/rules/lateness.py": ({30, 60, 90}, "the age bands of reports, which decide nothing"),
}
"""Numbers that are no decision of the institution, by file, and what they are."""


def numbers(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Numbers that something is compared with, or that days are counted by, or that are named as such: line, number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if (number := _whole(side)) is not None:
                    yield node.lineno, number
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            wanted = {"DAYS", "YEARS", "MONTHS", "AMOUNT", "SHARE", "PERCENT"} & set(
                node.targets[0].id.upper().split("_")
            )
            if wanted and (number := _whole(node.value)) is not None:
                yield node.lineno, number
        if isinstance(node, ast.Call) and _called(node) in ("timedelta", "interval"):
            for given in (
                *node.args,
                *(word.value for word in node.keywords if word.arg in ("days", "weeks", "months")),
            ):
                if (number := _whole(given)) is not None:
                    yield node.lineno, number


def _whole(node: ast.AST) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _whole(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    return None


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_what_decisions_compare_with_and_wait_for_are_terms():
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" in name:
                continue
            allowed = PLAIN | TECHNICAL.get(name, (set(), ""))[0]
            found += [
                f"{name}:{line}: {number}"
                for line, number in numbers(ast.parse(path.read_text("utf-8")))
                if number not in allowed
            ]
    assert not found, "\n".join(found)


def test_the_search_finds_such_numbers():
    code = "late = bills.filter(bills.days > 30)\nuntil = today + timedelta(days=14)\nGRACE_DAYS = 15\nif amount >= 500_00: pass"
    assert {number for _line, number in numbers(ast.parse(code))} == {30, 14, 15, 500_00}
