"""The customer numbers that turned out to be one customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet

from liangqing.kit import sealing
from liangqing.parties.models import Alias, Contact, Party

_MOST_SPELLINGS = 50


def customer(party: Party) -> Party:
    """The customer this one turned out to be; itself when it is no duplicate."""
    return party.merged_into or party


def members(party: Party) -> list[int]:
    """Ids of all numbers of this customer, the kept one first: whose bills, receipts and cases are its own.

    Every list, account or limit of one customer asks for these, never for one id.
    """
    kept = party.merged_into_id or party.pk
    return [kept, *Party.objects.filter(merged_into=kept).order_by("id").values_list("id", flat=True)]


def everyone(party: Party) -> QuerySet[Party]:
    """All numbers of this customer as rows, the kept one first, each with its other ``spellings`` (as they are kept)."""
    kept = party.merged_into_id or party.pk
    spelled = Alias.objects.filter(party=OuterRef("pk")).order_by("id").values("name_stored")[:_MOST_SPELLINGS]
    found = (
        Party.objects.filter(Q(pk=kept) | Q(merged_into=kept))
        .defer("search")
        .annotate(spellings=ArraySubquery(spelled))
    )
    return found.order_by(F("merged_into").asc(nulls_first=True), "id")


@dataclass(frozen=True)
class Known:
    """A customer as all rooms of a page need it: its numbers (``everyone``) and its ways to be reached, read once."""

    party: Party
    parties: Sequence[Party]
    contacts: Sequence[Contact] = field(repr=False)

    @property
    def ids(self) -> list[int]:
        return [each.pk for each in self.parties]

    @property
    def spellings(self) -> list[str]:
        """Other names, those of the duplicates' ledgers among them."""
        stored = (text for each in self.parties for text in each.spellings)  # type: ignore[attr-defined]
        return [sealing.unseal(text) for text in stored]

    @property
    def identities(self) -> list[bytes]:
        return [bytes(each.identity_index) for each in self.parties if each.identity_index]


def known(party: Party, parties: Iterable[Party] | None = None) -> Known:
    """Two queries; one where the page has read ``everyone`` (with more beside it) already."""
    rows = list(everyone(party)) if parties is None else list(parties)
    return Known(party, rows, contacts(party))


def names(parties: Iterable[int]) -> dict[int, list[str]]:
    """Other names each of these customers is known by: aliases, and the names of its duplicates."""
    ids = list(parties)
    found: dict[int, list[str]] = {}
    for duplicate in Party.objects.filter(merged_into__in=ids).defer("search").order_by("id"):
        found.setdefault(duplicate.merged_into_id or 0, []).append(duplicate.name)
    for alias in (
        Alias.objects.filter(Q(party__in=ids) | Q(party__in=Party.objects.filter(merged_into__in=ids).values("id")))
        .select_related("party")
        .defer("party__search")
        .order_by("id")
    ):
        found.setdefault(alias.party.merged_into_id or alias.party_id, []).append(alias.name)
    return found


def numbers(parties: Iterable[int]) -> dict[int, list[str]]:
    """Numbers of the duplicates of each of these customers."""
    found: dict[int, list[str]] = {}
    for kept, number in Party.objects.filter(merged_into__in=list(parties)).values_list("merged_into_id", "number"):
        found.setdefault(kept or 0, []).append(number)
    return found


def contacts(party: Party) -> list[Contact]:
    """All ways to reach this customer, those of its duplicates among them; the same way once."""
    kept = party.merged_into_id or party.pk
    everyone = Party.objects.filter(Q(pk=kept) | Q(merged_into=kept)).values("id")
    found = Contact.objects.filter(party__in=everyone)
    once: dict[tuple[str, bytes], Contact] = {}
    for contact in sorted(found, key=lambda it: (it.party_id != kept, it.party_id, it.pk)):
        once.setdefault((contact.kind, bytes(contact.value_index)), contact)
    return list(once.values())
