"""The demo institution: it shows life, it is the same for everybody, and it keeps out of a house that is lived in."""

from __future__ import annotations

from random import Random

import pytest
from stdnum.cn import ric, uscc

from liangqing.kit.refusal import Refusal


def test_the_demo_shows_life_and_is_built_only_once(books):
    from liangqing.cases.models import Case
    from liangqing.house.demo import institution
    from liangqing.house.invariants import broken
    from liangqing.imports.models import Import
    from liangqing.parties.models import Alias, Party
    from liangqing.people.models import Department
    from liangqing.receivables.models import Bill
    from liangqing.receivables.queries.unapplied import unapplied
    from liangqing.warning.models import Alert

    assert not institution.exists()
    report = institution.build(nights=3)

    assert str(report.date) == "2026-06-30"
    assert set(Case.objects.values_list("level", flat=True)) == {"mild", "moderate", "severe"}
    assert set(unapplied(report.date)) == {"CNY", "USD"}
    assert set(Bill.objects.values_list("kind", flat=True)) == {
        "invoice", "credit_note", "instalment", "deposit", "retention",
    }  # fmt: skip
    assert set(Party.objects.values_list("kind", flat=True)) == {"company", "person"}
    assert Party.objects.count() == 300
    assert Alias.objects.exists()
    assert sum(Import.objects.values_list("rejected", flat=True)) == 0
    assert not Case.objects.filter(owner=None).exists()
    assert not Alert.objects.filter(recipients=[]).exists()
    assert not Department.objects.filter(head=None).exists()
    assert list(broken()) == []

    assert institution.exists()
    with pytest.raises(Refusal) as refused:
        institution.build(nights=1)
    assert refused.value.code == "not_empty"


def test_the_demo_invents_the_same_customers_each_time_and_their_numbers_are_well_formed():
    from liangqing.house.demo import customers

    everyone = customers.invent(Random("a"))

    assert everyone == customers.invent(Random("a"))
    assert len({each.name for each in everyone}) == len({each.number for each in everyone}) == len(everyone)
    assert all(ric.is_valid(each.identity) for each in everyone if each.kind == "person")
    assert all(uscc.is_valid(each.identity) for each in everyone if each.kind == "company" and each.country == "CN")
