"""A case held for a contact from an unregistered line: seen where it is worked, lifted where a supervisor looks."""

from __future__ import annotations

from django.urls import reverse

from liangqing.cases.actions import records
from liangqing.kit import clock
from liangqing.outreach.models import Line, Source
from liangqing.parties.models import Restraint
from tests.workbench.institution import Institution


def held(house: Institution) -> tuple[str, Restraint]:
    """The case of a customer of 林's who was called from a mobile nobody registered."""
    Line.objects.get_or_create(channel="phone", value="02152345678")
    case = house.of("lin")[0].case
    records.record(
        case, channel="phone", reached="self", result="refused", address="13812345678", by=house.user("lin"),
        at=clock.now(), line="13700000000", source=Source.AGENCY,
    )  # fmt: skip
    return case.number, Restraint.objects.get(kind="line")


def test_the_case_says_what_holds_it_and_only_a_supervisor_is_offered_to_lift_it(house_of_people: Institution) -> None:
    number, row = held(house_of_people)
    lin, xu = house_of_people.client_of("lin"), house_of_people.client_of("xu")
    assert row.get_kind_display() in lin.get(reverse("cases-case", args=[number])).content.decode()
    lifting = reverse("restraints-lifting", args=[row.pk])
    page = reverse("customers-restraints", args=[row.party.number])
    assert lifting not in lin.get(page).content.decode()
    assert lin.post(lifting, {"reason": "没事"}).status_code == 403
    assert lifting in xu.get(page).content.decode()
    assert xu.post(lifting, {"reason": "已约谈本人，改用登记线路"}).status_code == 302
    row.refresh_from_db()
    assert (row.lifted_by, row.lifted_reason) == (house_of_people.user("xu"), "已约谈本人，改用登记线路")


def test_the_page_of_lines_says_which_channels_have_none_yet(house_of_people: Institution) -> None:
    admin = house_of_people.client_of("admin")
    note = 'class="lq-note care" role="status"'
    Line.objects.filter(channel="phone").update(active=False)
    assert note in admin.get(reverse("channels-lines")).content.decode()
    for channel in ("phone", "sms", "email", "wechat"):
        Line.objects.create(channel=channel, value=f"own-{channel}")
    assert note not in admin.get(reverse("channels-lines")).content.decode()
