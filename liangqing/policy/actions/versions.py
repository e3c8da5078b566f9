"""A version's way: drafted from the one in force, edited, submitted, approved or returned, withdrawn.

Who may do this is asked by whoever calls: this room stands below people. Approval itself is the approvals room's; it
calls ``approve`` when the last voice has been heard.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import yaml
from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.policy import book
from liangqing.policy.bounds import past_bounds
from liangqing.policy.content import complete, digest, problems
from liangqing.policy.events import (
    PolicyApproved,
    PolicyChanged,
    PolicyDrafted,
    PolicyReturned,
    PolicySubmitted,
    PolicyWithdrawn,
)
from liangqing.policy.lifecycle import VERSION
from liangqing.policy.models import Version
from liangqing.policy.rules.difference import rebased
from liangqing.policy.terms import definitions
from liangqing.trail.actions.tell import tell


class Person(Protocol):
    """Whoever drafts: a person with a user name."""

    pk: Any
    username: str


MOST_YEARS_AHEAD = 5


@clause("P2 10.1")
@action
def draft(*, title: str, from_on: dt.date, by: Person, why: str = "") -> Version:
    """A new draft: a copy of the version that will be in force on its first day. Raises ``Refusal`` for a day past."""
    _check_title(title)
    _check_day(from_on)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing policy number'))")
    base = base_on(from_on)
    content = complete(base.content) if base else book.preset_content()
    version = Version.objects.create(
        number=(Version.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title.strip(),
        why=why.strip(),
        from_on=from_on,
        base=base,
        content=content,
        digest=digest(content),
        drafted_by=by.username,
        drafted_at=clock.now(),
    )
    event = PolicyDrafted(
        thing_id=version.pk,
        version=version.name,
        base=base.name if base else book.preset().version,
        from_on=from_on,
    )
    tell(event, by=by)
    return version


def base_on(day: dt.date) -> Version | None:
    """The stored version that would be in force on a day; None for the preset."""
    return Version.objects.filter(state=Version.State.APPROVED, from_on__lte=day).order_by("from_on", "number").last()


@action
def describe(
    version: Version, *, title: str, why: str, from_on: dt.date, share: int, revision: int, by: Person
) -> Version:
    """Change what the draft is called, why it is wanted, from when and for which share of the customers it decides."""
    draft = _editable(version, revision)
    _check_title(title)
    _check_day(from_on)
    if not 1 <= share <= 100:
        raise Refusal("share", _("The share must be between 1 and 100 percent."), status=422)
    before = _described(draft)
    draft.title, draft.why, draft.from_on, draft.share = title.strip(), why.strip(), from_on, share
    if share < 100 and not draft.seed:
        draft.seed = secrets.randbelow(2**30) + 1
    after = _described(draft)
    if before != after:
        _save(draft, "title", "why", "from_on", "share", "seed")
        tell(PolicyChanged(thing_id=draft.pk, version=draft.name, where="version", before=before, after=after), by=by)
    return draft


def _described(draft: Version) -> dict[str, Any]:
    return {"title": draft.title, "why": draft.why, "from_on": draft.from_on.isoformat(), "share": draft.share}


@action
def set_term(version: Version, key: str, given: Any, *, revision: int, by: Person) -> Version:
    """Set a term of a draft: a value, or a list of scoped values (see ``policy.content``).

    Raises ``Refusal`` (422) for a value that can't be: of the wrong type, out of bounds, without one for everybody.
    """
    draft = _editable(version, revision)
    if key not in definitions():
        raise Refusal("unknown_term", _("There is no term “{key}”."), status=404, key=key)
    content = complete(draft.content)
    before = content["terms"][key]
    content["terms"][key] = given
    wrong = [problem for problem in problems(content) if problem.kind == "term" and problem.where == key]
    if wrong:
        raise term_refusal(key, wrong[0].code)
    if before != given:
        _change(draft, content, key, before, given, by)
    return draft


def term_refusal(key: str, code: str) -> Refusal:
    """What is wrong with a term, in words for the person who set it."""
    definition = definitions()[key]
    sentence = {
        "bounds": _("The value must lie between {low} and {high}."),
        "choice": _("The value must be one of {choices}."),
        "type": _("Give a whole number, or an amount such as 1500.00."),
        "currency": _("Name currencies by their three letters, and one value for every other currency (*)."),
        "places": _("An amount has no more decimal places than its currency."),
        "level": _("Give a number for each warning level."),
        "base": _("One value must be set for the whole institution."),
        "twice": _("Two values are set for the same accounts; keep one."),
        "scope": _("A scope names a business line, a place or a kind of debtor."),
    }.get(code, _("The value can't be this: {what}."))
    return Refusal(
        f"term_{code}",
        sentence,
        status=422,
        field=key,
        low=definition.low,
        high=definition.high,
        choices=", ".join(map(str, definition.choices)),
        what=code,
    )


@action
def set_rows(version: Version, key: str, rows: Sequence[Mapping[str, Any]], *, revision: int, by: Person) -> Version:
    """Set all rows of a table of a draft, in order. Gaps and rows that never match may stand in a draft; it can't be
    submitted with them. Raises ``Refusal`` for rows that can't be read at all."""
    draft = _editable(version, revision)
    content = complete(draft.content)
    before = content["tables"].get(key)
    content["tables"][key] = [dict(row) for row in rows]
    wrong = [problem for problem in problems(content) if problem.where == key and problem.code != "fault"]
    if wrong:
        raise Refusal(
            "rows",
            _("Row “{row}” can't be read: it needs a short name without blanks, conditions, and an answer."),
            status=422,
            row=wrong[0].at,
        )
    if before != content["tables"][key]:
        _change(draft, content, key, before, content["tables"][key], by)
    return draft


@action
def bring(version: Version, text: str, *, revision: int, by: Person) -> Version:
    """Set the whole content of a draft from a YAML file as exported. Raises ``Refusal`` for a file that can't be read."""
    draft = _editable(version, revision)
    try:
        given = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Refusal(
            "yaml", _("This is no readable YAML file: {error}"), status=422, error=str(error)[:200]
        ) from error
    if not isinstance(given, dict) or not all(isinstance(given.get(part) or {}, dict) for part in ("terms", "tables")):
        raise Refusal("yaml", _("The file needs the parts terms and tables, as in an exported version."), status=422)
    content = complete({"terms": given.get("terms") or {}, "tables": given.get("tables") or {}})
    if wrong := [problem for problem in problems(content) if problem.code != "fault"]:
        raise Refusal(
            "content",
            _("“{where}” {at} can't be taken over ({what}). Nothing was changed."),
            status=422,
            where=wrong[0].where,
            at=wrong[0].at,
            what=wrong[0].code,
        )
    if digest(content) != draft.digest:
        _change(draft, content, "file", draft.digest, digest(content), by)
    return draft


@action
def rebase(version: Version, *, revision: int, by: Person) -> tuple[Version, list[str]]:
    """Bring the draft onto the version now in force on its first day; returns the keys that both had changed, where the
    draft's value stays."""
    draft = _editable(version, revision)
    base = base_on(draft.from_on)
    old = draft.base.content if draft.base else book.preset_content()
    new = base.content if base else book.preset_content()
    content, both = rebased(draft.content, old, new)
    before = draft.base.name if draft.base else book.preset().version
    draft.base = base
    _change(draft, content, "base", before, base.name if base else book.preset().version, by, "base")
    return draft, both


@clause("P2 10.1")
@action
def submit(version: Version, *, by: Person) -> Version:
    """Close a draft for approval. Raises ``Refusal`` when it has problems, its day is past, or its base is outdated."""
    draft = Version.objects.select_for_update().get(pk=version.pk)
    _check_fit(draft)
    VERSION.move(draft, "submit", submitted_by=by.username, submitted_at=clock.now())
    loose = past_bounds(draft.content)
    tell(PolicySubmitted(thing_id=draft.pk, version=draft.name, digest=draft.digest, loosens=loose), by=by)
    return draft


def _check_fit(draft: Version) -> None:
    """What must hold when a version is submitted, and still when it is approved."""
    _check_day(draft.from_on)
    if wrong := [problem for problem in problems(draft.content) if not problem.note]:
        raise Refusal(
            "problems",
            _("The version still has {count} problems, the first in “{where}”. Mend them, then submit again."),
            status=422,
            count=len(wrong),
            where=wrong[0].where,
        )
    if draft.base != base_on(draft.from_on):
        raise Refusal(
            "outdated_base",
            _("Another version was approved meanwhile. Bring this draft onto it first, and look at it again."),
        )
    if Version.objects.filter(state=Version.State.APPROVED, from_on=draft.from_on).exists():
        raise Refusal("same_day", _("Another approved version begins on the same day. Choose another day."))
    if draft.share < 100 and draft.base is not None and draft.base.share < 100:
        raise Refusal(
            "share_on_share",
            _("The version in force is itself only tried on a share. Decide about it first: for everybody, or back."),
        )
    old, old_share = (draft.base.content, draft.base.share) if draft.base else (book.preset_content(), 100)
    if digest(complete(draft.content)) == digest(complete(old)) and draft.share == old_share:
        raise Refusal("no_change", _("Nothing differs from the version it is based on."), status=422)


@action
def give_back(version: Version, *, by: Person) -> Version:
    """Make a submitted version a draft again: it was returned for change, refused or its request withdrawn."""
    row = Version.objects.select_for_update().get(pk=version.pk)
    VERSION.move(row, "return")
    tell(PolicyReturned(thing_id=row.pk, version=row.name), by=by)
    return row


@clause("P1 4")
@action
def approve(version: Version, *, voices: Sequence[Mapping[str, Any]], counsel: str = "", by: Person) -> Version:
    """Put a submitted version in force from its day. ``voices``: who said yes (name, step, at); ``counsel``: who of
    counsel did, needed where a bound only counsel may lift is passed. Raises ``Refusal`` when it no longer fits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('liangqing policy number'))")
    row = Version.objects.select_for_update().get(pk=version.pk)
    _check_fit(row)
    if past_bounds(row.content) and not counsel:
        raise Refusal(
            "counsel",
            _(
                "This version goes past a bound that only counsel may lift; counsel has to agree on record before it can be approved."
            ),
        )
    VERSION.move(row, "approve", approved_by=list(voices), approved_at=clock.now(), counsel=counsel)
    event = PolicyApproved(
        thing_id=row.pk,
        version=row.name,
        digest=row.digest,
        from_on=row.from_on,
        approved_by=[str(voice.get("name", "")) for voice in voices],
        counsel=counsel,
    )
    tell(event, by=by)
    book.forget()
    return row


@action
def withdraw(version: Version, *, by: Person) -> Version:
    """Give a version up before it decides anything. Raises ``Refusal`` for one that has begun: make a new one instead."""
    row = Version.objects.select_for_update().get(pk=version.pk)
    was = row.state
    if was == Version.State.APPROVED and row.from_on <= clock.today():
        raise Refusal(
            "in_force",
            _("{version} has been deciding since {day} and can't be withdrawn. Draft a new version instead."),
            version=row.name,
            day=row.from_on,
        )
    VERSION.move(row, "withdraw", withdrawn_by=by.username, withdrawn_at=clock.now())
    tell(PolicyWithdrawn(thing_id=row.pk, version=row.name, was=was), by=by)
    book.forget()
    return row


def _editable(version: Version, revision: int) -> Version:
    row = Version.objects.select_for_update(of=("self",)).select_related("base").get(pk=version.pk)
    if row.state != Version.State.DRAFT:
        raise Refusal("no_draft", _("{version} is no longer a draft and can't be changed."), version=row.name)
    if row.revision != revision:
        raise Refusal(
            "edited", _("Somebody has changed this draft meanwhile. Reload to see it, then make your change again.")
        )
    return row


def _change(
    draft: Version, content: dict[str, dict[str, Any]], where: str, before: Any, after: Any, by: Person, *columns: str
) -> None:
    draft.content, draft.digest = content, digest(content)
    _save(draft, "content", "digest", *columns)
    tell(PolicyChanged(thing_id=draft.pk, version=draft.name, where=where, before=before, after=after), by=by)


def _save(draft: Version, *columns: str) -> None:
    draft.revision += 1
    draft.save(update_fields=["revision", *columns])


def _check_title(title: str) -> None:
    if not title.strip() or len(title.strip()) > 200:
        raise Refusal("title", _("Give the change a title of at most 200 characters."), status=422, field="title")


def _check_day(from_on: dt.date) -> None:
    if from_on <= clock.today():
        raise Refusal(
            "day_past",
            _("A version begins tomorrow at the earliest: what has been decided until today stands."),
            status=422,
            field="from_on",
        )
    if from_on > clock.today() + dt.timedelta(days=366 * MOST_YEARS_AHEAD):
        raise Refusal(
            "day_far",
            _("That is more than {years} years ahead."),
            status=422,
            field="from_on",
            years=MOST_YEARS_AHEAD,
        )
