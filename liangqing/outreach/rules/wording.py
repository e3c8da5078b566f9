"""The text of a template: what may stand in it, and which variables it names.

Jinja's grammar, of which little is let in: variables that are catalogued, ``if``, and loops over the bills. No
functions, no attributes but those of a bill, nothing that could reach beyond the data or go on without end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from django.utils.translation import gettext_lazy as _
from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from liangqing.kit.refusal import Refusal
from liangqing.outreach.rules.plain import CATALOGUE

LONGEST = 20_000
"""Characters of a template: several pages."""
LOOPED = "bills"
_LOOP_FIELDS = frozenset(("index", "first", "last"))
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.For, nodes.Getattr, nodes.Const),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)


@dataclass(frozen=True)
class Variable:
    """Something a template may name. ``loan``: it says something of the debt. ``fields``: those of each bill of a list."""

    key: str
    kind: Literal["text", "money", "date", "number", "list"]
    name: Mapping[str, str]
    sample: Mapping[str, str]
    loan: bool = False
    fields: tuple[str, ...] = ()


@functools.cache
def variables() -> dict[str, Variable]:
    """All variables by key."""
    given: dict[str, Any] = yaml.safe_load((CATALOGUE / "variables.yaml").read_text(encoding="utf-8"))
    return {
        key: Variable(
            key,
            each["kind"],
            each["name"],
            each.get("sample", {}),
            each.get("loan", False),
            tuple(each.get("fields", ())),
        )
        for key, each in given.items()
    }


class Unknown(StrictUndefined):
    """What is not known: it may be asked for (``{% if contract %}``), never printed."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


@functools.cache
def environment(*, markup: bool = False) -> SandboxedEnvironment:
    """Where templates are read and filled: nothing undefined passes, nothing but data is there. ``markup`` is for
    documents, where what is filled in must not become part of the markup."""
    made = SandboxedEnvironment(undefined=Unknown, autoescape=markup, trim_blocks=not markup, lstrip_blocks=not markup)
    made.globals.clear()
    made.filters.clear()
    made.tests.clear()
    return made


def names(text: str) -> set[str]:
    """The variables a template names. Raises ``Refusal`` as ``demand_sound`` does."""
    return demand_sound(text)


def demand_sound(text: str, *, longest: int = LONGEST) -> set[str]:
    """Check that a template can be filled; returns the variables it names.

    Raises ``Refusal`` (422): ``template_too_long``, ``template_broken`` (with the line), ``template_forbidden`` for
    anything but variables, if and loops over bills, ``template_unknown`` for variables nobody knows, named.
    """
    if len(text) > longest:
        raise Refusal(
            "template_too_long", _("A template has at most {most} characters."), status=422, field="body", most=longest
        )
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as wrong:
        raise Refusal(
            "template_broken",
            _("Line {line} of the template can't be read: {what}"),
            status=422,
            field="body",
            line=wrong.lineno,
            what=wrong.message or "",
        ) from wrong
    found: set[str] = set()
    unknown: set[str] = set()
    _walk(tree, None, found, unknown)
    if unknown:
        raise Refusal(
            "template_unknown",
            _("The template names what is not there: {unknown}. Choose from the list of variables."),
            status=422,
            field="body",
            unknown=", ".join(sorted(unknown)),
        )
    return found


def _walk(node: nodes.Node, looped: str | None, found: set[str], unknown: set[str]) -> None:
    """Look at every part; ``looped`` is what a bill is called inside a loop."""
    if not isinstance(node, _ALLOWED):
        raise _forbidden(node)
    if isinstance(node, nodes.For):
        if looped or node.recursive or node.test or node.else_ or not _is_loop(node):
            raise _forbidden(node)
        found.add(LOOPED)
        looped = node.target.name  # type: ignore[attr-defined]
        for each in node.body:
            _walk(each, looped, found, unknown)
        return
    if isinstance(node, nodes.Getattr):
        owner = node.node
        if not isinstance(owner, nodes.Name) or not looped or owner.name not in (looped, "loop"):
            raise _forbidden(node)
        allowed = _LOOP_FIELDS if owner.name == "loop" else frozenset(variables()[LOOPED].fields)
        if node.attr not in allowed:
            unknown.add(f"{owner.name}.{node.attr}")
        return
    if isinstance(node, nodes.Name):
        _name(node, found, unknown)
        return
    for each in node.iter_child_nodes():
        _walk(each, looped, found, unknown)


def _name(node: nodes.Name, found: set[str], unknown: set[str]) -> None:
    if node.name == LOOPED:
        raise _forbidden(node)  # a list is looped over, never printed
    (found if node.name in variables() else unknown).add(node.name)


def _is_loop(node: nodes.For) -> bool:
    over = isinstance(node.iter, nodes.Name) and node.iter.name == LOOPED
    return over and isinstance(node.target, nodes.Name) and node.target.name not in {*variables(), "loop"}


def _forbidden(node: nodes.Node) -> Refusal:
    return Refusal(
        "template_forbidden",
        _("Line {line} of the template does what no template may. Use variables, “if” and “for bill in bills” only."),
        status=422,
        field="body",
        line=node.lineno or 1,
    )


def constants(text: str) -> Iterator[str]:
    """The words of a template without what is filled in."""
    for node in environment().parse(text).find_all(nodes.TemplateData):
        yield node.data


def places(text: str) -> list[int]:
    """Where each character of its constants, one after another, stands in a template: a find in what it says by itself is
    shown at the place where it was written."""
    found: list[int] = []
    since = 0
    for words in constants(text):
        start = text.find(words, since)
        if start < 0:  # lines ended another way
            return []
        found += range(start, start + len(words))
        since = start + len(words)
    return found
