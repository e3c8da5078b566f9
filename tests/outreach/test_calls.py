"""A call is asked for on a page, dialled by a worker, followed to its end; what its provider tells is proven and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import callbacks, calls, guard, providers
from liangqing.outreach.channels import carriers
from liangqing.outreach.channels.calls import ByHand, CallEvent, CallState, Exchange
from liangqing.outreach.channels.sending import Fault, accepted, rejected, unknown
from liangqing.outreach.channels.softphone import Softphone
from liangqing.outreach.models import Attempt, AttemptEvent, Call, Line, Provider
from liangqing.outreach.queries.facts import Wish
from liangqing.parties.actions import contacts
from liangqing.people.models import Certificate
from liangqing.trail.models import Entry
from tests.cast import Cast
from tests.outreach.servers.gateway import SECRET, CallServer, signed
from tests.policy.drafts import approved

NOW = "2026-11-23T10:00:00+08:00"
NUMBER, LINE = "13812345678", "021-52345678"


@pytest.fixture
def cast(books: str) -> Iterator[Cast]:
    cache.clear()
    with clock.at(NOW):
        cast = Cast()
        for person in (cast.lin, cast.mei):
            Certificate.objects.create(user=person, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
        Line.objects.create(channel="phone", value=LINE)
        yield cast


@pytest.fixture
def exchange(cast: Cast) -> Provider:
    config = {"url": "http://127.0.0.1:9/calls", "secret": SECRET, "extensions": {"lin": "801"}}
    return providers.add("http_call", "总机", config, by=None)


def asked(cast: Cast) -> Attempt:
    zhang = cast.customer("张伟")
    zhang.party.kind = "person"
    zhang.party.save(update_fields=["kind"])
    number = contacts.add(zhang.party, kind="phone", value=NUMBER, role="self", by=cast.lin)
    wish = Wish(zhang.party, "phone", "demand", zhang.creditor, number, by=cast.lin, line=LINE)
    return guard.ask(wish)


def allowed(cast: Cast) -> Attempt:
    attempt = asked(cast)
    assert attempt.answer == "allowed", attempt.rules
    return attempt


def dialled(cast: Cast) -> Call:
    call = calls.dial(allowed(cast), by=cast.lin).call
    assert call is not None
    return call


def step(call: Call, state: str, **more: Any) -> CallEvent:
    return CallEvent(key=str(call.key), state=CallState(state), at=more.pop("at", clock.now()), **more)


def outcome(call: Call) -> str:
    return Attempt.objects.get(pk=call.attempt_id).outcome


def answers(monkeypatch: Any, receipt: Any) -> list[Any]:
    """The exchange answers so; what it was handed."""
    taken: list[Any] = []
    monkeypatch.setattr(Exchange, "send", lambda _self, parcel: (taken.append(parcel), receipt)[1])
    return taken


class TestDial:
    def test_without_a_provider_there_is_a_link_to_dial_by_hand(self, cast: Cast) -> None:
        dialling = calls.dial(allowed(cast), by=cast.lin)
        assert (dialling.call, dialling.link) == (None, "tel:+8613812345678")

    def test_a_call_that_was_refused_is_not_dialled(self, cast: Cast, exchange: Provider) -> None:
        with clock.at("2026-11-23T23:30:00+08:00"):
            attempt = asked(cast)
            with pytest.raises(Refusal) as no:
                calls.dial(attempt, by=cast.lin)
        assert no.value.code == "contact_refused"
        assert not Call.objects.exists()

    def test_nobody_dials_somebody_elses_call(self, cast: Cast, exchange: Provider) -> None:
        with pytest.raises(Refusal) as no:
            calls.dial(allowed(cast), by=cast.mei)
        assert no.value.code == "no_call"

    def test_asked_again_it_is_the_same_call(self, cast: Cast, exchange: Provider) -> None:
        attempt = allowed(cast)
        first, second = calls.dial(attempt, by=cast.lin).call, calls.dial(attempt, by=cast.lin).call
        assert first == second and Entry.objects.filter(event="call moved").count() == 1

    def test_a_person_has_one_call_at_a_time(self, cast: Cast, exchange: Provider) -> None:
        dialled(cast)
        with pytest.raises(Refusal) as no:
            calls.dial(allowed(cast), by=cast.lin)
        assert no.value.code == "call_under_way"

    def test_a_call_whose_end_was_never_told_keeps_nobody_for_long(self, cast: Cast, exchange: Provider) -> None:
        first = dialled(cast)
        calls.heard(exchange, step(first, "ringing"))
        with clock.at("2026-11-23T10:04:00+08:00"), pytest.raises(Refusal):
            calls.demand_free(cast.lin)
        with clock.at("2026-11-23T10:05:01+08:00"):
            calls.demand_free(cast.lin)
        first.refresh_from_db()
        assert (first.state, outcome(first)) == ("lost", "open")

    def test_a_provider_without_a_registered_line_dials_nothing(self, cast: Cast, exchange: Provider) -> None:
        Line.objects.update(active=False)
        assert calls.route(cast.lin) is None

    def test_a_softphone_serves_those_who_have_one(self, cast: Cast) -> None:
        config = {"domain": "pbx", "desks": {"lin": "10.0.0.5:4444"}}
        providers.add("sip_softphone", "话机", config, by=None)
        assert calls.route(cast.lin) is not None and calls.route(cast.mei) is None


class TestPlace:
    def test_the_exchange_is_told_whom_to_ring_from_which_line_for_whom(self, cast, exchange, monkeypatch) -> None:
        taken, call = answers(monkeypatch, accepted("G7")), dialled(cast)
        assert calls.place(call.pk) is False
        (parcel,) = taken
        assert (parcel.to, parcel.sender, parcel.headers["extension"]) == (NUMBER, LINE, "801")
        call.refresh_from_db()
        assert (call.state, call.their_id, outcome(call)) == ("dialled", "G7", "open")

    def test_the_job_done_twice_dials_once(self, cast, exchange, monkeypatch) -> None:
        taken, call = answers(monkeypatch, accepted()), dialled(cast)
        calls.place(call.pk)
        calls.place(call.pk)
        assert len(taken) == 1

    def test_what_its_worker_died_over_is_not_dialled_again_and_counts(self, cast, exchange, monkeypatch) -> None:
        taken, call = answers(monkeypatch, accepted()), dialled(cast)
        Call.objects.update(state="dialling")
        calls.place(call.pk)
        call.refresh_from_db()
        assert (taken, call.state, outcome(call)) == ([], "lost", "open")

    def test_a_call_that_waited_too_long_is_not_dialled_and_does_not_count(self, cast, exchange, monkeypatch) -> None:
        taken, call = answers(monkeypatch, accepted()), dialled(cast)
        with clock.at("2026-11-23T10:01:00+08:00"):
            calls.place(call.pk)
        call.refresh_from_db()
        assert (taken, call.state, call.reason, outcome(call)) == ([], "failed", "too_late", "called_off")

    def test_what_certainly_was_not_dialled_does_not_count(self, cast, exchange, monkeypatch) -> None:
        answers(monkeypatch, rejected("bad_number", "", Fault.RECIPIENT))
        call = dialled(cast)
        calls.place(call.pk)
        assert outcome(call) == "called_off"

    def test_what_may_have_been_dialled_counts(self, cast, exchange, monkeypatch) -> None:
        answers(monkeypatch, unknown("no_answer"))
        call = dialled(cast)
        calls.place(call.pk)
        call.refresh_from_db()
        assert (call.state, outcome(call)) == ("lost", "open")

    def test_a_softphone_is_followed_until_it_is_over(self, cast, monkeypatch) -> None:
        providers.add("sip_softphone", "话机", {"domain": "pbx", "desks": {"": "10.0.0.5:4444"}}, by=None)
        call = dialled(cast)

        def rings(_self: Any, parcel: Any, *, seconds: float) -> Iterator[Any]:
            yield accepted("sip:1")
            yield step(call, "dialled")
            yield step(call, "ringing")
            yield step(call, "connected")
            raise AssertionError("who talks is left to be looked at")

        monkeypatch.setattr(Softphone, "call", rings)
        assert calls.place(call.pk) is True
        monkeypatch.setattr(Softphone, "follow", lambda *_a, **_how: iter(()))
        assert calls.follow(call.pk) is True
        with clock.at("2026-11-23T10:02:05+08:00"):
            monkeypatch.setattr(Softphone, "follow", lambda *_a, **_how: iter([step(call, "ended")]))
            assert calls.follow(call.pk) is False
        call.refresh_from_db()
        assert (call.state, call.duration_s, outcome(call)) == ("ended", 125, "open")


class TestHeard:
    @pytest.mark.parametrize(
        ("rang", "reason", "expected"),
        [(True, "", "unanswered"), (True, "busy", "unanswered"), (False, "404", "not_connected"), (False, "", "unanswered")],
    )  # fmt: skip
    def test_a_call_nobody_answered_is_concluded(self, cast, exchange, rang, reason, expected) -> None:
        call = dialled(cast)
        if rang:
            calls.heard(exchange, step(call, "ringing"))
        calls.heard(exchange, step(call, "ended", duration_s=0, reason=reason))
        assert outcome(call) == expected

    def test_an_answered_call_is_left_to_the_record_with_its_recording(self, cast, exchange) -> None:
        call = dialled(cast)
        for told in ("dialled", "ringing", "connected"):
            calls.heard(exchange, step(call, told))
        calls.heard(exchange, step(call, "ended", duration_s=61, recording="https://r.example.org/1.wav"))
        call.refresh_from_db()
        assert (outcome(call), call.duration_s, call.recording) == ("open", 61, "https://r.example.org/1.wav")
        assert "r.example.org" not in call.recording_stored
        told = [event.told for event in AttemptEvent.objects.order_by("id")]
        assert told == ["dialled", "ringing", "connected", "ended", "recording"]

    def test_an_end_of_which_nobody_knows_whether_anybody_talked_is_left_open(self, cast, exchange) -> None:
        call = dialled(cast)
        calls.heard(exchange, step(call, "ended"))
        assert outcome(call) == "open"

    def test_the_same_step_again_and_one_that_comes_late_change_nothing(self, cast, exchange) -> None:
        call = dialled(cast)
        for told in ("connected", "ended", "connected", "ringing", "ended"):
            calls.heard(exchange, step(call, told, duration_s=9 if told == "ended" else None))
        call.refresh_from_db()
        assert call.state == "ended"
        assert [event.told for event in AttemptEvent.objects.order_by("id")] == ["connected", "ended", "ringing"]

    def test_nobody_speaks_of_another_providers_call(self, cast, exchange) -> None:
        call = dialled(cast)
        other = providers.add("http_call", "另一", {"url": "http://127.0.0.1:9/c", "secret": "x"}, by=None)
        assert calls.heard(other, step(call, "ended", duration_s=0)) is None
        assert calls.heard(exchange, CallEvent(key="7", state=CallState.ENDED, at=clock.now())) is None
        assert outcome(call) == "open"


class TestHangUp:
    def test_before_a_worker_dials_nothing_is_dialled(self, cast, exchange, monkeypatch) -> None:
        taken, call = answers(monkeypatch, accepted()), dialled(cast)
        assert calls.hang_up(call, by=cast.lin).accepted
        calls.place(call.pk)
        assert (taken, outcome(call)) == ([], "called_off")

    def test_the_exchange_is_asked_to_end_it(self, cast, exchange, monkeypatch) -> None:
        ended: list[str] = []
        monkeypatch.setattr(Exchange, "hang_up", lambda _self, key: (ended.append(key), accepted())[1])
        call = dialled(cast)
        calls.heard(exchange, step(call, "ringing"))
        calls.hang_up(call, by=cast.lin)
        assert ended == [str(call.key)]
        call.refresh_from_db()
        assert (call.live, outcome(call)) == (False, "open"), (
            "its end may never be told, and keeps nobody from the next"
        )
        calls.heard(exchange, step(call, "ended", duration_s=0))
        assert outcome(call) == "unanswered"

    def test_only_ones_own(self, cast, exchange) -> None:
        with pytest.raises(Refusal) as no:
            calls.hang_up(dialled(cast), by=cast.mei)
        assert no.value.status == 403


class TestUpkeep:
    def test_a_call_without_a_record_is_told_once_and_stays_open(self, cast, exchange) -> None:
        call = dialled(cast)
        with clock.at("2026-11-23T21:59:00+08:00"):
            assert calls.remind_of_open() == 0
        with clock.at("2026-11-23T22:01:00+08:00"):
            assert (calls.remind_of_open(), calls.remind_of_open()) == (1, 0)
        assert outcome(call) == "open"
        assert Entry.objects.get(event="contact unrecorded").facts["person"] == "lin"

    def test_the_term_says_when_a_record_is_overdue(self, books: str) -> None:
        """contact.open_hours"""
        with clock.at("2026-11-01T10:00:00+08:00"):
            approved(on="2026-11-01", from_on="2026-11-02", contact__open_hours=2)
        with clock.at(NOW):
            cast = Cast()
            Certificate.objects.create(user=cast.lin, kind="collection", from_on="2026-01-01", until_on="2027-01-01")
            Line.objects.create(channel="phone", value=LINE)
            allowed(cast)
        with clock.at("2026-11-23T12:01:00+08:00"):
            assert calls.remind_of_open() == 1


class TestCallbacks:
    def post(self, provider: Provider, said: Any, *, headers: Any = None, token: str = "signed") -> Any:
        body = json.dumps(said).encode()
        given = signed(body, clock.now().timestamp()) if headers is None else headers
        return Browser(enforce_csrf_checks=True).post(
            f"/callbacks/{provider.pk}/{token}/", data=body, content_type="application/json", headers=given
        )

    def test_a_signed_step_is_taken_in_whoever_is_signed_in(self, cast, exchange) -> None:
        call = dialled(cast)
        answer = self.post(exchange, {"key": str(call.key), "state": "ended", "duration_s": 0})
        assert (answer.status_code, answer.json(), outcome(call)) == (200, {"code": "ok"}, "unanswered")
        assert callbacks.address(exchange) == f"/callbacks/{exchange.pk}/signed/"

    def test_replayed_it_changes_nothing(self, cast, exchange) -> None:
        call = dialled(cast)
        said = {"key": str(call.key), "state": "ended", "duration_s": 0, "at": clock.now().isoformat()}
        headers = signed(json.dumps(said).encode(), clock.now().timestamp())
        for _again in range(2):
            assert self.post(exchange, said, headers=headers).status_code == 200
        assert AttemptEvent.objects.filter(told="ended").count() == 1
        assert Entry.objects.filter(event="contact concluded").count() == 1

    def test_a_wrong_or_old_signature_hears_a_bare_no(self, cast, exchange) -> None:
        call = dialled(cast)
        said = {"key": str(call.key), "state": "ended", "duration_s": 0}
        body = json.dumps(said).encode()
        old = signed(body, clock.now().timestamp() - 301)
        forged = {**signed(body, clock.now().timestamp()), "X-Signature": "0" * 64}
        for headers in (old, forged, {}):
            answer = self.post(exchange, said, headers=headers)
            assert (answer.status_code, answer.content) == (403, b"")
        assert outcome(call) == "open"

    def test_there_is_no_telling_whether_a_provider_exists(self, cast, exchange) -> None:
        exchange.pk += 999
        answer = self.post(exchange, {})
        assert (answer.status_code, answer.content) == (403, b"")

    def test_a_provider_that_signs_nothing_is_known_by_its_token(self, cast) -> None:
        config = {"key_id": "k", "secret": "s", "signature": "两清", "callback_token": "t0ken"}
        aliyun = providers.add("aliyun_sms", "阿里云", config, by=None)
        assert self.post(aliyun, [], token="other").status_code == 403
        answer = self.post(aliyun, [], token="t0ken")
        assert (answer.status_code, answer.json()["code"]) == (200, 0)

    def test_what_is_too_large_is_not_read(self, cast, exchange) -> None:
        answer = self.post(exchange, {"key": "x" * 1_000_001})
        assert answer.status_code == 413

    def test_whoever_is_wrong_too_often_has_to_wait(self, cast, exchange, monkeypatch) -> None:
        monkeypatch.setattr("liangqing.workbench.callbacks.MOST_WRONG", 3)
        said = [self.post(exchange, {}, headers={}).status_code for _again in range(4)]
        assert said == [403, 403, 403, 429]
        with clock.at("2026-11-23T10:01:00+08:00"):
            assert self.post(exchange, {}).status_code == 200

    def test_only_posts_are_heard(self, cast, exchange) -> None:
        assert Browser().get(f"/callbacks/{exchange.pk}/signed/").status_code == 405


def test_a_call_through_a_real_gateway(cast, tmp_path) -> None:
    """Asked for, handed over signed, and every step the gateway tells is taken in as it came over the wire."""
    with CallServer(tmp_path) as server:
        config = {"url": f"{server.url}/calls", "secret": SECRET, "extensions": {"": "800"}}
        provider = providers.add("http_call", "总机", config, by=None)
        call = dialled(cast)
        calls.place(call.pk)
        (line,) = server.journal.lines()
    assert line["said"] == {
        "key": str(call.key), "callee": "+8613812345678", "caller": "+862152345678", "extension": "800"
    }  # fmt: skip
    call.refresh_from_db()
    assert (call.state, call.their_id) == ("dialled", "G1")
    assert isinstance(carriers.of(provider), Exchange) and not isinstance(carriers.of(provider), ByHand)
