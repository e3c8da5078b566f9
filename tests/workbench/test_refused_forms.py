"""What an action refuses is said at the field of the form that it is about; the page comes back with 422."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from liangqing.kit.refusal import Refusal
from liangqing.workbench.forms.cases import PromiseForm
from liangqing.workbench.forms.customers import CustomerForm, EntryForm, MergeForm
from liangqing.workbench.forms.money import ReasonForm
from liangqing.workbench.forms.refusing import Refusing


def at(answer: Any, field: str) -> str:
    """What the page says at a field."""
    page = re.sub(r"\s+", " ", answer.content.decode())
    found = re.search(rf'name="{field}".*?(?:name="|</form>)', page)
    assert found, field
    return found.group(0)


def test_a_wrong_identity_number_is_said_at_its_field(house_of_people, client_of):
    answer = client_of("qian", "en").post(
        "/customers/entry/", {"number": "N1", "name": "新客户", "kind": "company", "identity": "123"}
    )
    assert answer.status_code == 422
    assert "neither a valid USCC nor a valid resident ID" in at(answer, "identity")


def test_a_promise_of_nothing_is_said_at_its_amount(house_of_people, client_of):
    task = house_of_people.customer("C1")
    owner = task.case.owner.username
    answer = client_of(owner, "en").post(
        f"/cases/{task.case.number}/promises/", {"p-amount": "0", "p-currency": "CNY", "p-due_on": "2026-07-05"}
    )
    assert answer.status_code == 422
    assert "above zero" in at(answer, "p-amount")


def test_a_field_is_found_by_the_refusals_field_its_own_name_for_it_or_its_code() -> None:
    class Form(Refusing):
        places = {"asked": "amount", "too_late": "day"}
        amount = EntryForm.base_fields["name"]
        day = EntryForm.base_fields["area"]

    def told(**facts: Any) -> list[str]:
        form = Form({"amount": "1", "day": ""})
        assert form.is_valid()
        code = facts.pop("code", "else")
        form.refuse(Refusal(code, "no", status=422, **facts))
        return list(form.errors)

    assert told(field="amount") == ["amount"]
    assert told(field="asked") == ["amount"]
    assert told(code="too_late") == ["day"]
    assert told(field="nothing here") == told() == ["__all__"]


def test_who_may_not_do_it_is_not_told_so_at_a_field() -> None:
    form = ReasonForm({"reason": "because"})
    assert form.is_valid()
    with pytest.raises(Refusal, match="not_allowed"), translation.override("en"):
        form.refuse(Refusal("not_allowed", "no", status=403, field="reason"))


def test_every_place_a_form_names_is_one_of_its_fields() -> None:
    for form in (EntryForm, MergeForm, PromiseForm):
        fields = set(form.base_fields) | {"amount"}
        assert set(form.places.values()) <= fields, form
    assert set(CustomerForm.places) == set(EntryForm.places)
