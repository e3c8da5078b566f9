"""From the button to the end of the call: the page asks, a worker dials, the page shows how it goes, the record ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from procrastinate.contrib.django.models import ProcrastinateJob

from liangqing.house import jobs
from liangqing.kit import clock
from liangqing.outreach.actions import calls, providers
from liangqing.outreach.channels.calls import CallEvent, CallState
from liangqing.outreach.channels.sending import accepted
from liangqing.outreach.channels.softphone import Softphone
from liangqing.outreach.models import Attempt, Call, Line
from liangqing.parties.actions import contacts
from liangqing.people.models import Certificate
from tests.cast import Cast
from tests.outreach.servers.gateway import SECRET, CallServer

NOW = "2026-11-23T10:00:00+08:00"


@pytest.fixture
def lin(books: str, night: Any) -> Iterator[Browser]:
    """林, signed in, with a case of 张伟, who has a telephone."""
    cast = Cast()
    Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
    zhang = cast.customer("张伟", country="CN")
    zhang.bill(800, due="2026-10-10")
    night("2026-11-23")
    with clock.at(NOW):
        contacts.add(zhang.party, kind="phone", value="13812345678", role="self", by=cast.lin)
        Line.objects.create(channel="phone", value="021-52345678")
        browser = Browser()
        browser.force_login(cast.lin)
        browser.case = zhang.live_case.number  # type: ignore[attr-defined]
        browser.contact = zhang.party.contacts.get().pk  # type: ignore[attr-defined]
        yield browser


def press(lin: Any, **headers: str) -> Any:
    return lin.post(f"/cases/{lin.case}/calls/", {"contact": lin.contact}, headers={"HX-Request": "true", **headers})


def state(lin: Any) -> str:
    call = Call.objects.get()
    return str(lin.get(f"/attempts/{call.attempt_id}/call/", headers={"HX-Request": "true"}).content.decode())


def test_a_worker_dials_what_the_page_asked_for(lin, tmp_path) -> None:
    with CallServer(tmp_path) as server:
        config = {"url": f"{server.url}/calls", "secret": SECRET}
        provider = providers.add("http_call", "总机", config, by=None)
        page = press(lin)
        assert page.status_code == 200
        assert 'hx-trigger="every 2s"' in page.content.decode() and "tel:" in page.content.decode()
        assert server.journal.lines() == [], "nothing rings before the decision is kept"
        jobs.work(wait=False)
        assert len(server.journal.lines()) == 1
    call = Call.objects.get()
    assert 'hx-trigger="every 2s"' in state(lin)
    calls.heard(provider, CallEvent(key=str(call.key), state=CallState.CONNECTED, at=clock.now()))
    calls.heard(provider, CallEvent(key=str(call.key), state=CallState.ENDED, at=clock.now(), duration_s=61))
    assert "61" in state(lin) and "hx-trigger" not in state(lin)
    lin.post(
        f"/cases/{lin.case}/records/",
        {"channel": "phone", "reached": "self", "result": "refused", "contact": lin.contact},
    )
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.duration_s) == ("effective", 61)


def test_a_softphones_call_is_looked_at_again_while_people_talk(lin, monkeypatch) -> None:
    providers.add("sip_softphone", "话机", {"domain": "pbx", "desks": {"lin": "10.0.0.5:4444"}}, by=None)

    def rings(_self: Any, parcel: Any, *, seconds: float) -> Iterator[Any]:
        yield accepted("sip:1")
        for told in ("dialled", "ringing", "connected"):
            yield CallEvent(key=parcel.key, state=CallState(told), at=clock.now())

    monkeypatch.setattr(Softphone, "call", rings)
    press(lin)
    jobs.work(wait=False)
    job = ProcrastinateJob.objects.get(task_name="follow_call")
    assert (job.status, job.args) == ("todo", {"number": Call.objects.get().pk})
    assert Call.objects.get().state == "connected"


def test_a_second_press_while_a_call_is_under_way_asks_the_guard_nothing(lin) -> None:
    providers.add("http_call", "总机", {"url": "http://127.0.0.1:9/calls", "secret": SECRET}, by=None)
    press(lin)
    assert press(lin).status_code == 409
    assert Attempt.objects.count() == 1


def test_hung_up_before_it_is_dialled_nothing_rings_and_nothing_counts(lin, tmp_path) -> None:
    with CallServer(tmp_path) as server:
        providers.add("http_call", "总机", {"url": f"{server.url}/calls", "secret": SECRET}, by=None)
        press(lin)
        number = Attempt.objects.get().pk
        assert lin.post(f"/attempts/{number}/call/hanging-up/").status_code == 200
        jobs.work(wait=False)
        assert server.journal.lines() == []
    assert Attempt.objects.get().outcome == "called_off"


def test_a_call_a_provider_dials_cannot_be_said_not_to_have_taken_place(lin) -> None:
    providers.add("http_call", "总机", {"url": "http://127.0.0.1:9/calls", "secret": SECRET}, by=None)
    press(lin)
    lin.post(f"/cases/{lin.case}/calls/cancellation/", {"attempt": Attempt.objects.get().pk})
    assert Attempt.objects.get().outcome == "open"
