"""Find customers by part of a name, its Pinyin or initials, part of the number, or a whole phone, e-mail or identity."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from liangqing.kit import sealing
from liangqing.parties.models import Alias, Contact, Party
from liangqing.parties.queries import members
from liangqing.parties.rules.searching import Keys, beginning, form, found, wanted, words
from liangqing.parties.rules.ways import same

_CANDIDATES = 400
"""Customers looked at by name for one search; who types more finds more exactly."""


def search(parties: QuerySet[Party], text: str, *, limit: int = 50) -> list[Party]:
    """The customers among ``parties`` (what the asker may see) who match, the likeliest first, at most ``limit``.

    Every word must be found: in a name or alias, in its Pinyin spelling or initials, or in the number. A whole customer
    number, phone, e-mail address or identity number is found too. Duplicates are found as the customer they are.
    """
    text = text.strip()[:200]
    asked = words(text)
    if not asked:
        return []
    parties = parties.filter(merged_into=None).defer("search")
    ranked: dict[int, tuple[int, Party]] = {
        party.pk: (0, party) for party in parties.filter(pk__in=_exactly(text)[:limit]).order_by("number")
    }
    keys = Keys()
    with _through_the_index():
        for first in (beginning(asked[0]), None):
            if len(ranked) < limit and (condition := _candidate(keys, asked, first)):
                candidates = list(parties.filter(condition)[:_CANDIDATES])
                for rank, party in _verified(candidates, asked, limit):
                    ranked.setdefault(party.pk, (rank, party))
    best = sorted(ranked.values(), key=lambda it: (it[0], len(it[1].name) if it[0] else 0, it[1].number))
    return [party for _rank, party in best[:limit]]


@contextmanager
def _through_the_index() -> Iterator[None]:
    """PostgreSQL expects what many customers have to turn up soon and reads the table from its start; but customers of
    one import stand together, and it may read half of it in vain."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def _candidate(keys: Keys, asked: list[str], first: str | None) -> Q | None:
    condition = Q(search__contains=[int(keys.token(first))]) if first else Q()
    some = False
    for word in asked:
        ways = Q()
        for tokens in wanted(word):
            ways |= Q(search__contains=sorted(int(keys.token(token)) for token in tokens))
            some = True
        condition &= ways
    return condition if some else None


def _verified(candidates: list[Party], asked: list[str], enough: int) -> list[tuple[int, Party]]:
    """Those of whom every word is true; 1 when the name is or begins with what was asked, else 2.

    Other names are asked for only while there are not yet enough.
    """
    whole = "".join(asked)
    sure: list[tuple[int, Party]] = []
    doubtful: list[Party] = []
    for party in candidates:
        name = party.name
        if all(found(word, (party.number,), (name,)) for word in asked):
            begins = form(name).startswith(whole) or form(party.number).startswith(whole)
            sure.append((1 if begins else 2, party))
        else:
            doubtful.append(party)
        if len(sure) >= enough:
            return sure
    if doubtful:
        ids = [party.pk for party in doubtful]
        others, numbers = members.names(ids), members.numbers(ids)
        for party in doubtful:
            names = (party.name, *others.get(party.pk, ()))
            if all(found(word, (party.number, *numbers.get(party.pk, ())), names) for word in asked):
                sure.append((2, party))
    return sure


def _exactly(text: str) -> list[int]:
    """Customers with this very number, name, phone, e-mail address or identity number."""
    spellings = {text, text.upper(), text.lower()}
    indexes = {sealing.index(text), sealing.index(same(Contact.Kind.PHONE, text))}
    known = Party.objects.annotate(found=Coalesce("merged_into_id", "id"))
    named = Alias.objects.annotate(found=Coalesce("party__merged_into_id", "party_id"))
    reached = Contact.objects.annotate(found=Coalesce("party__merged_into_id", "party_id"))
    several = known.filter(number__in=spellings).values_list("found")[:100].union(
        known.filter(name_index__in=indexes).values_list("found")[:100],
        known.filter(identity_index__in=indexes).exclude(identity_index=b"").values_list("found")[:100],
        named.filter(name_index__in=indexes).values_list("found")[:100],
        reached.filter(value_index__in=indexes).values_list("found")[:100],
    )  # fmt: skip
    return sorted({party for (party,) in several})
