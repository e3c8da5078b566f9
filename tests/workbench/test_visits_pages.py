"""Visits on pages: planned, made and written on a phone, off the line too, and told by the week."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from liangqing.cases.models import Record
from liangqing.kit import clock
from liangqing.outreach.actions import rounds
from liangqing.outreach.actions.rounds import Household
from liangqing.outreach.models import Round, Stop, Visit, VisitFile
from liangqing.parties.actions import contacts
from liangqing.receivables.models import Receipt
from tests.pictures import exif, jpeg
from tests.workbench.institution import TODAY, Institution

JPEG = b"\xff\xd8\xff\xe0 a signed slip"
WEEK = "2026-W27"


@pytest.fixture
def stop(house_of_people: Institution) -> Stop:
    """A household of 林's, on a round with 许 that is under way today."""
    house = house_of_people
    lin, xu, customer = house.user("lin"), house.user("xu"), house.of("lin")[0]
    Round.objects.update(state="finished")
    contacts.add(customer.party, kind="address", value="广州市天河路18号", role="self", by=lin)
    home = Household(customer.party, customer.case.creditor, customer.case.number)
    row = rounds.plan(area="天河", on=clock.today(), people=[lin, xu], households=[home], by=lin)
    rounds.start(row, by=lin)
    return row.stops.get()


def given(**more: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "met": "self", "result": "call_back", "found": "right", **more}


def at_the_door(client: Client, stop: Stop) -> str:
    client.post(reverse("visits-arrival", args=[stop.pk]))
    return reverse("visits-stop", args=[stop.pk])


def test_a_round_is_planned_on_a_page_and_says_who_is_left_out(house_of_people: Institution) -> None:
    client, lin, xu = house_of_people.client_of("lin"), house_of_people.user("lin"), house_of_people.user("xu")
    customer = house_of_people.of("lin")[0]
    assert customer.case.number in client.get(reverse("visits-planning")).content.decode()
    form = {"area": "天河", "on": TODAY, "content": "demand", "people": [lin.pk], "pick": [customer.case.pk]}
    assert client.post(reverse("visits-planning"), form).status_code == 422, "two go together"
    answer = client.post(reverse("visits-planning"), {**form, "people": [lin.pk, xu.pk]}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("visits-round", args=[Round.objects.latest("id").pk])
    assert Round.objects.latest("id").left_out[0]["code"] == "no_address"
    assert customer.case.number in answer.content.decode()


def test_a_visit_is_written_at_the_door_with_cash_and_a_signed_slip(house_of_people: Institution, stop: Stop) -> None:
    client = house_of_people.client_of("lin")
    before = client.get(reverse("visits-stop", args=[stop.pk]))
    assert "广州市天河路18号" in before.content.decode()
    assert client.post(reverse("visits-stop", args=[stop.pk]), given()).status_code == 409, "arrive first"
    url = at_the_door(client, stop)
    slip = SimpleUploadedFile("签回.jpg", JPEG)
    assert client.post(url, given(signed="on")).status_code == 422
    cash = {"principal": "600", "interest": "500", "receipt_number": "0001234"}
    assert client.post(url, given(signed="on", slip=slip, **cash)).status_code == 302
    visit = Visit.objects.get(stop=stop)
    assert (visit.signed, visit.principal, visit.interest) == (True, 60_000, 50_000)
    assert Receipt.objects.get(number="0001234").amount == 110_000
    assert Record.objects.get(case__number=stop.case, channel="visit").by.username == "lin"
    shown = client.get(url).content.decode()
    assert visit.files.get().sha256 in shown
    assert client.get(reverse("visits-file", args=[stop.pk, visit.files.get().pk])).getvalue() == JPEG


def test_what_a_device_sends_twice_is_written_once(house_of_people: Institution, stop: Stop) -> None:
    client = house_of_people.client_of("lin")
    url, said = reverse("visits-stop", args=[stop.pk]), given(at=clock.now().isoformat())
    headers = {"Accept": "application/json"}
    wrong = client.post(url, {**said, "lapsed": "on"}, headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_lapsed_said")
    assert [client.post(url, said, headers=headers).json() for _time in range(2)] == [{"done": True}, {"done": True}]
    assert Visit.objects.filter(stop=stop).count() == 1
    other = client.post(url, {**said, "key": str(uuid.uuid4())}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "visited_already")


def test_whoever_does_not_go_along_sees_no_whole_address(house_of_people: Institution, stop: Stop) -> None:
    page = house_of_people.client_of("gao").get(reverse("visits-round", args=[stop.round_id])).content.decode()
    assert "天河路" not in page
    assert "广州市***" in page
    assert house_of_people.client_of("wang").get(reverse("visits-round", args=[stop.round_id])).status_code == 404


def test_the_week_is_told_by_area_and_person_and_taken_away(house_of_people: Institution, stop: Stop) -> None:
    lin = house_of_people.client_of("lin")
    url = at_the_door(lin, stop)
    lin.post(url, given(intention="年底还", principal="600", interest="500", receipt_number="0001234"))
    client = house_of_people.client_of("gao")
    page = client.get(reverse("visits-report"), {"week": WEEK}).content.decode()
    assert "天河" in page
    assert "年底还" in page
    file = client.get(reverse("visits-report"), {"week": WEEK, "export": "xlsx"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))
    summary, households = (book.get_sheet_by_index(place).to_python() for place in range(2))
    line = next(row for row in summary if row[0] == "天河")
    assert line[2:9] == [1, 0, 1, 0, 1, 600, 500]
    assert any("年底还" in row for row in households)


def test_a_visit_shows_what_its_pictures_say_and_which_depart(house_of_people: Institution, stop: Stop) -> None:
    client = house_of_people.client_of("lin")
    url, now = at_the_door(client, stop), clock.now()
    here = {"latitude": "23.12911", "longitude": "113.26439", "accuracy": "12"}
    old = SimpleUploadedFile("old.jpg", jpeg(exif(original="2024:06:30 09:00:00", place=(23.13, 113.2644))))
    bare = SimpleUploadedFile("bare.jpg", JPEG)
    chosen = {
        "photos_at": now.isoformat(),
        "photos_latitude": "23.5",
        "photos_longitude": "113.26439",
        "photos_accuracy": "9",
    }
    assert client.post(url, given(photos=[old, bare], **here, **chosen)).status_code == 302
    shown = client.get(url).content.decode()
    assert re.search(r"23\.13000, 113\.26440\s*[(（]\D*99\b", shown)
    assert "2024-06-30 09:00" in shown
    assert re.search(r"23\.50000, 113\.26439 ±9 m\s*[(（]\D*41241\b", shown)
    kept = [(each.departs, each.chosen_at) for each in VisitFile.objects.filter(visit__stop=stop).order_by("id")]
    assert kept == [(["time", "place"], now), (["place"], now)]
    head = house_of_people.client_of("gao")
    seen = head.get(url).content.decode()
    assert "23.13000" not in seen, "where somebody lives is masked"
    assert re.search(r"23\.1\*\*\*, 113\.3\*\*\*\s*[(（]\D*99\b", seen)
    report = head.get(reverse("visits-report"), {"week": WEEK, "export": "xlsx"})
    summary = CalamineWorkbook.from_filelike(io.BytesIO(report.getvalue())).get_sheet_by_index(0).to_python()
    assert next(row for row in summary if row[0] == "天河")[-1] == 1


@pytest.mark.parametrize("wrong", ["", "nan", "1e999", "-91", "九十", "Infinity"])
def test_what_a_device_says_that_is_no_place_or_time_is_left_out(
    house_of_people: Institution, stop: Stop, wrong: str
) -> None:
    client = house_of_people.client_of("lin")
    chosen = {
        "photos_at": wrong or "0001-01-01T00:00+14:00",
        "photos_latitude": wrong,
        "photos_longitude": "1",
        "photos_accuracy": wrong,
    }
    photo = SimpleUploadedFile("bare.jpg", JPEG)
    assert client.post(at_the_door(client, stop), given(photos=photo, **chosen)).status_code == 302
    kept = VisitFile.objects.get(visit__stop=stop)
    assert (kept.chosen_at, kept.chosen_place, kept.departs) == (None, None, [])


def off_the_line(page: Any, stop: Stop) -> None:
    """The route is at hand, the line goes down, and somebody stands at the door."""
    page.watch.expects(503)  # parts of a font that were never needed before
    page.goto(reverse("visits-round", args=[stop.round_id]))
    page.wait_for_selector("html[data-at-hand]")
    page.reload()  # from now on the script under /visits/ sees what is asked for
    page.wait_for_selector("html[data-at-hand]")
    page.context.set_offline(True)
    page.click("a[data-stop]")
    page.click("form[data-arrival] button")
    page.select_option("[name=met]", "self")
    page.select_option("[name=result]", "call_back")


def saved(page: Any, stop: Stop) -> None:
    page.click("form[data-visit] button.lq-big")
    page.wait_for_url(f"**{reverse('visits-round', args=[stop.round_id])}")
    page.wait_for_selector("[data-outbox]:has-text('1')")


def test_off_the_line_a_visit_is_kept_and_sent_later(stop: Stop, browser_page: Callable[..., Any]) -> None:
    page = browser_page("lin", viewport={"width": 390, "height": 844})
    off_the_line(page, stop)
    page.fill("[name=principal]", "600")
    page.set_input_files("[name=photos]", {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
    saved(page, stop)
    assert not Visit.objects.filter(stop=stop).exists()
    page.context.set_offline(False)
    page.wait_for_selector("[data-outbox]", state="hidden")
    visit = Visit.objects.get(stop=stop)
    assert (visit.principal, visit.files.count(), visit.receipt.number) == (60_000, 1, f"V{visit.key.hex[:10].upper()}")  # type: ignore[union-attr]


@pytest.mark.parametrize("ticked", [True, False])
def test_off_the_line_a_picture_tells_when_it_was_chosen_and_where_only_by_consent(
    stop: Stop, browser_page: Callable[..., Any], ticked: bool
) -> None:
    there = {"latitude": 23.12911, "longitude": 113.26439, "accuracy": 12}
    page = browser_page(
        "lin", viewport={"width": 390, "height": 844}, geolocation=there, permissions=["geolocation"]
    )  # fmt: skip
    off_the_line(page, stop)
    if ticked:
        page.check("[data-consent] input")
    page.set_input_files("[name=photos]", {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
    told = page.locator("[name=photos_latitude]")
    if ticked:
        page.wait_for_function(
            "document.querySelector('[name=photos_latitude]').value && document.querySelector('[name=latitude]').value"
        )
    assert told.input_value() == ("23.12911" if ticked else "")
    saved(page, stop)
    page.context.set_offline(False)
    page.wait_for_selector("[data-outbox]", state="hidden")
    kept = VisitFile.objects.select_related("visit").get(visit__stop=stop)
    assert kept.chosen_at is not None
    assert [str(place) for place in (kept.chosen_place, kept.visit.position)] == (
        ["23.12911, 113.26439 ±12 m"] * 2 if ticked else ["None"] * 2
    )


def test_what_the_other_wrote_meanwhile_is_said_and_thrown_away_by_hand(
    house_of_people: Institution, stop: Stop, browser_page: Callable[..., Any]
) -> None:
    page = browser_page("lin", viewport={"width": 390, "height": 844})
    page.watch.expects(409)
    off_the_line(page, stop)
    saved(page, stop)
    other = house_of_people.client_of("xu")
    assert other.post(at_the_door(other, stop), given()).status_code == 302
    page.context.set_offline(False)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("[data-outbox] button")
    page.wait_for_selector("[data-outbox]", state="hidden")
    assert Visit.objects.get(stop=stop).by.username == "xu"
