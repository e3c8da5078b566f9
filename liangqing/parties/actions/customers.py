"""Customers entered and corrected by hand; duplicates joined and taken apart again."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from liangqing.kit import sealing
from liangqing.kit.actions import action, clause
from liangqing.kit.refusal import Refusal
from liangqing.parties.actions import leaving
from liangqing.parties.actions.finding import refresh
from liangqing.parties.events import CustomerCorrected, CustomerEntered, PartiesMerged, PartiesUnmerged
from liangqing.parties.kinds import CUSTOMERS
from liangqing.parties.models import Alias, Party
from liangqing.parties.rules.identity import kind_of, well_formed
from liangqing.people.models import User
from liangqing.people.rights import demand
from liangqing.trail.actions.tell import tell

FIELDS = ("name", "kind", "identity", "customer_class", "terms_days", "area", "country", "language")
"""What can be corrected; the number is the identity and stays."""
CLASSES = tuple(name for field in CUSTOMERS.fields if field.name == "customer_class" for name in field.choices or ())
_LONGEST = {"number": 64, "name": 200, "identity": 64, "area": 100, "language": 16}
_LONGEST_TERM = 3650


@action
@clause("P2 3.1.1")
def enter(
    number: str,
    *,
    name: str,
    by: User,
    kind: str = "",
    identity: str = "",
    customer_class: str = "",
    terms_days: int | None = None,
    area: str = "",
    country: str = "",
    language: str = "",
) -> Party:
    """A new customer. Where the kind is not said, it follows from the identity number or the name.

    Raises ``Refusal`` for a number or identity that is taken, or a field that can't be right.
    """
    demand(by, "customer.edit")
    number = " ".join(number.split())
    if not number or len(number) > _LONGEST["number"]:
        raise Refusal("number_missing", _("Give the customer a number of up to 64 characters."), status=422)
    if Party.objects.filter(number=number).exists():
        raise Refusal("number_taken", _("There is already a customer {number}. Correct that one."), number=number)
    said = {
        "name": name, "kind": kind, "identity": identity, "customer_class": customer_class, "terms_days": terms_days,
        "area": area, "country": country, "language": language,
    }  # fmt: skip
    values = _checked(said)
    if not values["kind"]:
        values["kind"] = kind_of(None, values["name"], values["identity"])
    _refuse_known_identity(values["identity"], None)
    if before := leaving.hidden(number):
        with connection.cursor() as cursor:
            leaving.make_room(cursor, [before.pk])
    party = Party.objects.create(id=before.pk if before else None, number=number, **_stored(values))
    refresh(Party, [party.pk])
    tell(CustomerEntered(thing_id=party.pk, party_id=party.pk, number=number), by=by)
    return Party.objects.get(pk=party.pk)


@action
@clause("P2 3.1.1")
def correct(party: Party, by: User, **fields: Any) -> Party:
    """Put right what is known of a customer (``FIELDS``); a former name becomes an alias, the change an entry.

    Raises ``Refusal`` for a duplicate (correct the customer it is), or a field that can't be right.
    """
    demand(by, "customer.edit")
    if wrong := sorted(set(fields) - set(FIELDS)):
        raise TypeError(f"no field of a customer: {wrong}")
    party = Party.objects.select_for_update().get(pk=party.pk)
    if party.merged_into_id:
        raise Refusal(
            "customer_merged",
            _("{number} is the same customer as {kept}. Correct that one."),
            number=party.number,
            kept=Party.objects.values_list("number", flat=True).get(pk=party.merged_into_id),
        )
    now = {field: getattr(party, field) for field in FIELDS}
    values = _checked({**now, **fields}, was=now)
    if values["identity"] != now["identity"]:
        _refuse_known_identity(values["identity"], party)
    changed = [field for field in FIELDS if values[field] != now[field]]
    if not changed:
        return party
    if "name" in changed and sealing.index(values["name"]) != bytes(party.name_index):
        Alias.objects.get_or_create(
            party=party,
            name_index=bytes(party.name_index),
            defaults={"name_stored": _sealed(party.name, values["kind"])},
        )
    if "kind" in changed:
        for alias in party.aliases.all():
            Alias.objects.filter(pk=alias.pk).update(name_stored=_sealed(alias.name, values["kind"]))
    for column, value in _stored(values).items():
        setattr(party, column, value)
    party.save(update_fields=list(_stored(values)))
    refresh(Party, [party.pk])
    private = Party.Kind.PERSON if Party.Kind.PERSON in (now["kind"], values["kind"]) else values["kind"]
    tell(
        CustomerCorrected(
            thing_id=party.pk,
            party_id=party.pk,
            before={field: _told(field, now[field], private) for field in changed},
            after={field: _told(field, values[field], private) for field in changed},
        ),
        by=by,
    )
    return Party.objects.get(pk=party.pk)


@action
@clause("P2 3.1.1")
def merge(kept: Party, gone: Party, by: User, reason: str) -> Party:
    """``gone`` turned out to be ``kept``. It becomes a pointer; nothing that the ledger put under its number moves.

    Raises ``Refusal`` when either is part of a merge that stands in the way, or both are visibly somebody else.
    """
    demand(by, "customer.edit")
    reason = _reason(reason)
    if kept.pk == gone.pk:
        raise Refusal("merge_with_itself", _("Choose two different customers."), status=422)
    locked = {party.pk: party for party in _locked(kept.pk, gone.pk)}
    kept, gone = locked[kept.pk], locked[gone.pk]
    if kept.merged_into_id or gone.merged_into_id:
        raise Refusal(
            "already_merged",
            _("{number} is merged into another customer already. Merge with that one, or take them apart first."),
            number=(kept if kept.merged_into_id else gone).number,
        )
    if Party.objects.filter(merged_into=gone).exists():
        raise Refusal(
            "has_merged",
            _("Others are merged into {number}. Keep {number} and merge the other one into it."),
            number=gone.number,
        )
    if kept.kind != gone.kind:
        raise Refusal(
            "kinds_differ", _("One is a company and one a person. Correct the kind first, if it is really the same.")
        )
    if kept.identity_stored and gone.identity_stored and bytes(kept.identity_index) != bytes(gone.identity_index):
        raise Refusal(
            "identities_differ",
            _("Their identity numbers differ, so they are two customers. Correct the wrong number first."),
        )
    Party.objects.filter(pk=gone.pk).update(merged_into=kept)
    refresh(Party, [kept.pk, gone.pk])
    tell(PartiesMerged(thing_id=kept.pk, party_id=kept.pk, gone=gone.pk, gone_number=gone.number, reason=reason), by=by)
    return Party.objects.get(pk=kept.pk)


@action
@clause("P2 3.1.1")
def unmerge(gone: Party, by: User, reason: str) -> Party:
    """Make a duplicate a customer of its own again, with all that stands under its number."""
    demand(by, "customer.edit")
    reason = _reason(reason)
    gone = Party.objects.get(pk=gone.pk)
    if gone.merged_into_id is None:
        raise Refusal("not_merged", _("{number} is not merged into another customer."), number=gone.number)
    locked = {party.pk: party for party in _locked(gone.pk, gone.merged_into_id)}
    kept, gone = locked[gone.merged_into_id], locked[gone.pk]
    if gone.merged_into_id != kept.pk:  # somebody else was faster
        raise Refusal("not_merged", _("{number} is not merged into another customer."), number=gone.number)
    Party.objects.filter(pk=gone.pk).update(merged_into=None)
    refresh(Party, [kept.pk, gone.pk])
    tell(
        PartiesUnmerged(thing_id=kept.pk, party_id=kept.pk, gone=gone.pk, gone_number=gone.number, reason=reason), by=by
    )
    return Party.objects.get(pk=gone.pk)


def _locked(*parties: int) -> list[Party]:
    return list(Party.objects.select_for_update().filter(pk__in=parties).order_by("id"))


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refusal("reason_missing", _("Say why; it is kept with your name."), status=422)
    return reason


def _checked(said: dict[str, Any], was: dict[str, Any] | None = None) -> dict[str, Any]:
    """The fields in the spelling they are kept in. What was there already is not judged anew."""
    values: dict[str, Any] = {
        field: " ".join(value.split())[: _LONGEST.get(field, 64)] if isinstance(value, str) else value
        for field, value in said.items()
    }
    values["identity"] = values["identity"].replace(" ", "").upper()
    values["country"] = values["country"].upper()
    was = was or {}
    if not values["name"]:
        raise Refusal("name_missing", _("A customer has a name."), status=422)
    if values["kind"] not in ("", *Party.Kind.values) or (was and not values["kind"]):
        raise Refusal("unknown_kind", _("A customer is a company or a person."), status=422)
    if values["country"] and (len(values["country"]) != 2 or not values["country"].isalpha()):
        raise Refusal("unknown_country", _("Give the country as two letters, such as CN."), status=422)
    if (
        values["identity"]
        and (values["identity"], values["country"]) != (was.get("identity"), was.get("country"))
        and not well_formed(values["identity"], values["country"])
    ):
        raise Refusal(
            "identity_invalid", _("This is neither a valid USCC nor a valid resident ID. Check its digits."), status=422
        )
    if values["customer_class"] not in ("", was.get("customer_class"), *CLASSES):
        raise Refusal(
            "unknown_class", _("The class is one of: {classes}."), status=422, classes=", ".join(sorted(CLASSES))
        )
    term = values["terms_days"]
    if term is not None and not 0 <= term <= _LONGEST_TERM:
        raise Refusal("term_out_of_range", _("The payment term is between 0 and 3650 days."), status=422)
    return values


def _refuse_known_identity(identity: str, party: Party | None) -> None:
    if not identity:
        return
    others = Party.objects.filter(identity_index=sealing.index(identity)).exclude(identity_index=b"")
    if party:
        others = others.exclude(pk=party.pk).exclude(merged_into=party.pk)
    if other := others.order_by("id").first():
        raise Refusal(
            "identity_known",
            _("Customer {number} has this identity number. If it is the same customer, merge the two."),
            number=other.number,
        )


def _sealed(text: str, kind: str) -> str:
    return sealing.seal(text) if kind == Party.Kind.PERSON else text


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    """Columns for these fields."""
    plain = {field: values[field] for field in FIELDS if field not in ("name", "identity")}
    return plain | {
        "name_stored": _sealed(values["name"], values["kind"]),
        "name_index": sealing.index(values["name"]),
        "identity_stored": _sealed(values["identity"], values["kind"]),
        "identity_index": sealing.index(values["identity"]),
    }


def _told(field: str, value: Any, kind: str) -> Any:
    return _sealed(value, kind) if field in ("name", "identity") else value
