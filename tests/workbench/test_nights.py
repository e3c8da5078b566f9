"""Nights on the pages: the list, a report, two beside each other, and starting one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from liangqing.house import jobs
from liangqing.house.night import PLAN
from liangqing.kit import clock
from liangqing.nightly.models import Run
from liangqing.people.models import User
from liangqing.trail.models import Entry
from liangqing.workbench import orders
from liangqing.workbench.models import NightOrder
from tests.cast import Cast

TODAY = "2026-03-12"
PART = {"HX-Request": "true", "HX-Target": "progress"}


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def sees(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


@pytest.fixture
def cast(books: str, settings: Any) -> Cast:
    """A customer with a late bill; it is 2026-03-12."""
    cast = Cast()
    cast.customer("华信").bill(8000, due="2026-03-01")
    cast.customer("远大").bill("0.50", due="2026-03-01")
    cast.customer("早").bill(100, due="2026-03-11")
    return cast


@pytest.fixture
def zhao(cast: Cast) -> Client:
    """Risk: may start nights."""
    return client_of(cast.zhao)


def start(client: Client, date: str, today: str = TODAY) -> Any:
    with clock.at(today):
        return client.post("/nights/", {"date": date})


class TestStarting:
    def test_without_a_night_the_list_says_what_to_do_next(self, zhao):
        assert "No night has been run yet" in sees(zhao, "/nights/")

    def test_a_night_started_is_run_by_a_worker_in_the_name_of_who_started_it(self, cast, zhao):
        answer = start(zhao, "2026-03-12")
        order = NightOrder.objects.get()
        assert answer.url == f"/nights/orders/{order.pk}/"
        page = sees(zhao, answer.url)
        assert "waiting for a worker" in page and "No worker answers" in page
        assert not Run.objects.exists()
        assert answer.url in sees(zhao, "/nights/")
        jobs.work(wait=False)
        assert zhao.get(answer.url).url == "/nights/2026-03-12/"
        assert Entry.objects.get(event="night run").actor_id == cast.zhao.pk
        assert cast.zhao.name in sees(zhao, "/nights/2026-03-12/")

    def test_the_part_that_polls_says_when_the_report_is_there(self, cast, zhao):
        address = start(zhao, "2026-03-12").url
        assert "<html" not in zhao.get(address, headers=PART).content.decode()
        jobs.work(wait=False)
        assert zhao.get(address, headers=PART)["HX-Redirect"] == "/nights/2026-03-12/"

    def test_while_it_runs_the_step_is_told(self, cast, zhao, monkeypatch):
        address = start(zhao, "2026-03-12").url
        seen: list[str] = []
        real = orders.run

        def watched(date: dt.date, plan: Any, *, by: Any, progress: Any) -> Any:
            def hear(night: dt.date, step: str) -> None:
                progress(night, step)
                if step == "owed":
                    seen.append(sees(zhao, address))

            return real(date, plan, by=by, progress=hear)

        monkeypatch.setattr(orders, "run", watched)
        orders.carry_out(NightOrder.objects.get().pk, PLAN)
        assert len(seen) == 1 and "2026-03-12: what is owed" in seen[0]

    def test_a_date_before_the_last_night_is_refused_with_its_sentence(self, cast, zhao, night):
        night("2026-03-11")
        answer = start(zhao, "2026-03-10")
        assert answer.status_code == 409
        assert "is before it and can&#x27;t be run any more" in answer.content.decode()
        assert not NightOrder.objects.exists()

    def test_a_day_that_has_not_come_is_refused(self, zhao):
        answer = start(zhao, "2026-03-13")
        assert answer.status_code == 422 and "has not come yet" in answer.content.decode()

    def test_what_is_no_date_is_said(self, zhao):
        answer = start(zhao, "soon")
        assert answer.status_code == 422 and "lq-error" in answer.content.decode()

    def test_the_same_night_is_not_started_twice_at_once(self, zhao):
        start(zhao, "2026-03-12")
        answer = start(zhao, "2026-03-12")
        assert answer.status_code == 409 and "has been started already" in answer.content.decode()

    def test_a_date_that_was_run_meanwhile_is_refused_by_the_worker_and_the_page_says_why(self, cast, zhao, night):
        address = start(zhao, "2026-03-11").url
        night("2026-03-12")
        jobs.work(wait=False)
        assert NightOrder.objects.get().state == "refused"
        assert "can&#x27;t be run any more" in sees(zhao, address)

    def test_an_error_nobody_foresaw_is_said_and_the_night_can_be_started_again(self, cast, zhao, monkeypatch):
        def breaks(*_args: Any, **_options: Any) -> None:
            raise RuntimeError("broken")

        address = start(zhao, "2026-03-12").url
        with monkeypatch.context() as patch:
            patch.setattr(orders, "run", breaks)
            jobs.work(wait=False)
        assert "Something went wrong on the server" in sees(zhao, address)
        again = start(zhao, "2026-03-12")
        jobs.work(wait=False)
        assert zhao.get(again.url).url == "/nights/2026-03-12/"


class TestLooking:
    @pytest.fixture(autouse=True)
    def _two_nights(self, cast: Cast, night: Any) -> None:
        """Two nights; on the second day somebody else is late too."""
        night("2026-03-11")
        cast.customer("东方").bill(9000, due="2026-03-10")
        night("2026-03-12")

    def test_the_list_tells_each_night_with_its_counts(self, zhao):
        page = sees(zhao, "/nights/")
        assert page.index("2026-03-12</") < page.index("2026-03-11</")
        run = Run.objects.get(date="2026-03-12")
        assert run.policy in page and "rows changed" in page.lower()

    def test_filtered_in_place_the_list_answers_too(self, zhao):
        answer = zhao.get("/nights/?from=2026-03-12", headers={"HX-Request": "true", "HX-Target": "list"})
        text = answer.content.decode()
        assert answer.status_code == 200 and 'id="list"' in text
        assert "/nights/2026-03-12/" in text and "/nights/2026-03-11/" not in text

    def test_a_report_names_who_was_passed_over_in_words(self, zhao):
        page = sees(zhao, "/nights/2026-03-12/")
        skipped = Run.objects.get(date="2026-03-12").counts["skipped"]
        assert skipped and not any(f">{reason}<" in page for reason in skipped)
        assert "late bills" in page and "reading the books" in page
        for code in Run.objects.get(date="2026-03-12").checksums.values():
            assert code.split(":")[1] in page

    def test_two_nights_beside_each_other_show_what_differs(self, zhao):
        page = sees(zhao, "/nights/compare/?a=2026-03-11&b=2026-03-12")
        assert "+1" in page and "different" in page
        page = sees(zhao, "/nights/compare/?a=2026-03-12&b=2026-03-12")
        assert "different" not in page and "same" in page

    def test_a_night_there_never_was_is_not_there(self, zhao):
        assert zhao.get("/nights/2026-03-10/").status_code == 404
        assert zhao.get("/nights/someday/").status_code == 404

    def test_run_again_it_is_counted_and_nothing_else_changes(self, zhao, night):
        before = sees(zhao, "/nights/compare/?a=2026-03-11&b=2026-03-12")
        night("2026-03-12")
        assert Run.objects.get(date="2026-03-12").runs == 2
        after = sees(zhao, "/nights/compare/?a=2026-03-11&b=2026-03-12")
        assert before.count("different") == after.count("different")


class TestRights:
    def test_who_may_look_may_not_start(self, cast, night):
        night("2026-03-11")
        chen = client_of(cast.chen)  # heads a department
        assert 'name="date"' not in sees(chen, "/nights/")
        assert start(chen, "2026-03-12").status_code == 403
        assert not NightOrder.objects.exists()

    def test_a_collector_gets_nowhere(self, cast, night):
        night("2026-03-11")
        lin = client_of(cast.lin)
        for address in ("/nights/", "/nights/2026-03-11/", "/nights/compare/"):
            assert lin.get(address).status_code == 403

    def test_who_lost_the_duty_meanwhile_starts_nothing(self, cast, zhao):
        start(zhao, "2026-03-12")
        User.objects.filter(pk=cast.zhao.pk).update(duties=["head"])
        jobs.work(wait=False)
        assert NightOrder.objects.get().state == "refused" and not Run.objects.exists()
