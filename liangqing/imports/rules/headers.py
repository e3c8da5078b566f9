"""What a file is, and which of its columns says what: by its headers alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from liangqing.imports.fields import Kind
from liangqing.imports.rules import spelling
from liangqing.imports.rules.outcome import shown
from liangqing.kit.refusal import Refusal

PROFILE_OPTIONS = frozenset(("date_order", "decimal_mark"))
"""Keys of a profile that are not fields: how to read what a column leaves open."""
NO_COLUMN = ""
"""The header a profile gives to a field that is to be read from no column, whatever would be guessed."""

_EXCLUSION_COSTS = 2
_HEADERS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Match:
    """How well a kind explains the headers of a file."""

    kind: Kind
    mapping: dict[str, int]
    missing: tuple[str, ...]  # labels of what the kind needs and the file lacks
    score: int
    against: tuple[int, ...] = ()  # columns that speak of another kind

    def rivals(self, winner: Match) -> bool:
        """Whether no more columns speak against this kind than against the winner."""
        return len(self.against) <= len(winner.against)


def known_spellings(kinds: Iterable[Kind], profile: Mapping[str, str] | None = None) -> frozenset[str]:
    """Every header any of the kinds, or the profile, would recognise, in its normal form."""
    synonyms = {spelling.normal(text) for kind in kinds for field in kind.fields for text in field.synonyms}
    named = {spelling.normal(text) for name, text in (profile or {}).items() if name not in PROFILE_OPTIONS}
    return frozenset(synonyms | named) - {""}


def recognise(
    headers: Sequence[str],
    kinds: Sequence[Kind],
    *,
    wanted: str | None = None,
    profile: Mapping[str, str] | None = None,
) -> tuple[Kind, dict[str, int]]:
    """The kind of a file and the column of each field. What the profile names wins; what it omits is guessed.

    Raises ``Refusal``: ``unknown_kind``, ``columns_missing``, ``kind_ambiguous`` when several kinds explain the headers
    equally well, ``kind_in_doubt`` when columns speak of another kind that lacks but a column nobody knows.
    """
    named = _named_columns(headers, kinds, profile or {})
    if wanted is not None:
        chosen = [kind for kind in kinds if kind.name == wanted]
        if not chosen:
            raise Refusal(
                "unknown_kind",
                _("“{wanted}” is not a kind of file. Kinds: {kinds}."),
                status=422,
                wanted=wanted,
                kinds=", ".join(kind.name for kind in kinds),
            )
    else:
        chosen = list(kinds)
    matches = [match(headers, kind, kinds, named) for kind in chosen]
    possible = [found for found in matches if not found.missing]
    if not possible:
        closest = max(matches, key=lambda found: (-len(found.missing), len(found.mapping)))
        raise Refusal(
            "columns_missing",
            _(
                "The file lacks columns to be read as “{kind}”: {missing}. Headers found: {headers}. "
                "Rename the headers, or name the columns in a profile."
            ),
            status=422,
            kind=closest.kind.label,
            missing="、".join(closest.missing),
            headers=_listed(headers),
        )
    best = max(found.score for found in possible)
    winners = [found for found in possible if found.score == best]
    if wanted is None and winners[0].against:  # what speaks as little against another kind may be meant as well
        winners += [found for found in possible if found.score < best and found.rivals(winners[0])]
    if len(winners) > 1:
        raise Refusal(
            "kind_ambiguous",
            _("The file may be any of: {kinds}. Say which with --kind. Headers found: {headers}."),
            status=422,
            kinds=", ".join(f"{found.kind.label} ({found.kind.name})" for found in winners),
            headers=_listed(headers),
        )
    winner = winners[0]
    if wanted is None:
        _doubt(headers, winner, [found for found in matches if found.missing])
    return winner.kind, winner.mapping


def _doubt(headers: Sequence[str], winner: Match, impossible: Sequence[Match]) -> None:
    """Refuse a kind that wins only because the one its columns speak of lacks a column: one whose header is not known.

    Where every header is known there is no such column, unless nothing speaks against the rival.
    """
    strange = unknown(headers, winner.mapping, impossible)
    rivals = [found for found in impossible if found.rivals(winner) and (strange or not found.against)]
    if not winner.against or not rivals:
        return
    rival = max(rivals, key=lambda found: (-len(found.missing), found.score))
    raise Refusal(
        "kind_in_doubt",
        _(
            "The file has the columns of “{kind}”, but {against} speak of “{rival}”, for which it lacks: {missing}. "
            "Columns not understood: {unknown}. Rename the header that means it, or choose its column on the import "
            "page or in a profile; if the file holds {kind} all the same, say so with --kind {name}."
        ),
        status=422,
        kind=winner.kind.label,
        name=winner.kind.name,
        rival=rival.kind.label,
        against=_listed([headers[column] for column in winner.against]),
        missing="、".join(rival.missing),
        unknown=_listed([headers[column] for column in strange]) or "—",
    )


def unknown(headers: Sequence[str], mapping: Mapping[str, int], matches: Sequence[Match] = ()) -> list[int]:
    """The columns with a header that no field is read from, neither of the mapping nor of any of the matches."""
    read = set(mapping.values()).union(*(found.mapping.values() for found in matches))
    return [column for column, header in enumerate(headers) if column not in read and header.strip()]


def refuse_by_values(headers: Sequence[str], kind: Kind, columns: Sequence[int]) -> None:
    """Refuse a kind against which the values of columns speak that no header explains."""
    if columns:
        raise Refusal(
            "kind_in_doubt",
            _(
                "The file has the columns of “{kind}”, but {unknown} hold dates or amounts, as files of another kind do. "
                "Rename the header that means something known, or choose its column on the import page or in a "
                "profile; if the file holds {kind} all the same, say so with --kind {name}."
            ),
            status=422,
            kind=kind.label,
            name=kind.name,
            unknown=_listed([headers[column] for column in columns]),
        )


def is_beside(header: str, kind: Kind) -> bool:
    """Whether such files often have a column of this header beside what is read of them."""
    return bool(_columns_for([header], kind.beside or ()))


def match(
    headers: Sequence[str], kind: Kind, kinds: Sequence[Kind] = (), named: Mapping[str, int | None] | None = None
) -> Match:
    """Give each field of a kind its best column: the most literal spelling, then the better synonym, then the first.

    What is ``named`` is taken as it is; None keeps a field without a column.
    """
    said = {field.name: named[field.name] for field in kind.fields if named and field.name in named}
    mapping = {name: column for name, column in said.items() if column is not None}
    taken = set(mapping.values())
    candidates = sorted(
        (form_rank, synonym_rank, column, place, field.name)
        for place, field in enumerate(kind.fields)
        if field.name not in said
        for column, form_rank, synonym_rank in _columns_for(headers, field.synonyms)
    )
    for _form_rank, _synonym_rank, column, _place, name in candidates:
        if name not in mapping and column not in taken:
            mapping[name] = column
            taken.add(column)
    missing = [str(field.label) for field in kind.fields if field.required and field.name not in mapping]
    unmet = (group for group in kind.needs if not any(name in mapping for name in group))
    missing.extend(" / ".join(str(kind.field(name).label) for name in group) for group in unmet)
    required = sum(field.name in mapping for field in kind.fields if field.required)
    against = _excluded(headers, kind, kinds, taken)
    score = len(mapping) + required - _EXCLUSION_COSTS * len(against)
    ordered = {field.name: mapping[field.name] for field in kind.fields if field.name in mapping}
    return Match(kind, ordered, tuple(dict.fromkeys(missing)), score, tuple(sorted(against)))


def _columns_for(headers: Sequence[str], synonyms: Sequence[str]) -> list[tuple[int, int, int]]:
    """Every column some synonym names: (column, how far from literal, rank of the synonym)."""
    ranks: dict[str, int] = {}
    for rank, synonym in enumerate(synonyms):
        ranks.setdefault(spelling.normal(synonym), rank)
    found = []
    for column, header in enumerate(headers):
        hits = [(form_rank, ranks[form]) for form_rank, form in enumerate(spelling.forms(header)) if form in ranks]
        if hits:
            found.append((column, *min(hits)))
    return found


def _excluded(headers: Sequence[str], kind: Kind, kinds: Sequence[Kind], taken: set[int]) -> set[int]:
    """The columns that speak against the kind: named by it as excluded, and not used by one of its own fields."""
    fields = [field for other in kinds if other is not kind for field in other.fields]
    columns: set[int] = set()
    for name in kind.excludes:
        synonyms = [synonym for field in fields if field.name == name for synonym in field.synonyms] or [name]
        columns.update(column for column, _form, _rank in _columns_for(headers, synonyms))
    return columns - taken


def _named_columns(headers: Sequence[str], kinds: Sequence[Kind], profile: Mapping[str, str]) -> dict[str, int | None]:
    """The columns a profile names, by exact text first, then by normal form; None where it names no column on purpose."""
    known = {field.name for kind in kinds for field in kind.fields}
    normal = [spelling.normal(header) for header in headers]
    named: dict[str, int | None] = {}
    for name, text in profile.items():
        if name in PROFILE_OPTIONS:
            continue
        if name not in known:
            raise Refusal(
                "profile_field_unknown",
                _("The profile names the field “{field}”, which no kind of file has. Fields: {fields}."),
                status=422,
                field=name,
                fields=", ".join(sorted(known)),
            )
        if text == NO_COLUMN:
            named[name] = None
        elif text in headers:
            named[name] = list(headers).index(text)
        elif spelling.normal(text) and spelling.normal(text) in normal:
            named[name] = normal.index(spelling.normal(text))
        else:
            raise Refusal(
                "profile_header_missing",
                _("The profile expects the column “{header}”, which the file lacks. Headers found: {headers}."),
                status=422,
                header=shown(text),
                headers=_listed(headers),
            )
    return named


def _listed(headers: Sequence[str]) -> str:
    """The headers as a sentence may quote them."""
    names = [shown(header.strip()) for header in headers if header.strip()]
    more = "…" if len(names) > _HEADERS_SHOWN else ""
    return ", ".join(names[:_HEADERS_SHOWN]) + more
