"""The telephone: a link, an exchange behind a gateway, and a softphone that really calls a SIP peer."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangqing.outreach.channels import calls, control_port, posting
from liangqing.outreach.channels.calls import ByHand, CallEvent, CallState, Exchange
from liangqing.outreach.channels.failing_over import Next, next_step
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, State
from liangqing.outreach.channels.softphone import Softphone
from tests.outreach.servers import gateway as stub
from tests.outreach.servers import sip as sip_servers
from tests.outreach.servers.gateway import CallServer
from tests.outreach.servers.web import WebServer

NUMBER, LINE = "+8613800000000", "+862152345678"
NOW = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)


def parcel(to=NUMBER, key="call-1", **more):
    return Parcel(to=to, key=key, **more)


class TestByHand:
    def test_the_least_is_a_link(self):
        receipt = ByHand().send(parcel("138 0000-0000"))
        assert (receipt.accepted, receipt.provider_id, receipt.code) == (True, "tel:+8613800000000", "by_hand")

    def test_what_is_no_number_makes_no_link(self):
        receipt = ByHand().send(parcel("javascript:alert(1)"))
        assert (receipt.provider_id, receipt.fault) == ("", Fault.RECIPIENT)


class TestExchange:
    @pytest.fixture
    def server(self, tmp_path, monkeypatch):
        monkeypatch.setattr(posting, "TIMEOUT", httpx.Timeout(0.5))
        with CallServer(tmp_path, patience_s=1.5) as server:
            yield server

    def exchange(self, server, lines=("021 5234 5678", "95588")):
        return Exchange(Gateway(f"{server.url}/calls", stub.SECRET), lines)

    def test_a_call_is_asked_for_with_line_callee_and_extension(self, server):
        receipt = self.exchange(server).send(parcel(headers={"extension": "801"}))
        assert receipt.accepted and receipt.provider_id == "G1"
        (line,) = server.journal.lines()
        assert line["said"] == {"key": "call-1", "callee": NUMBER, "caller": LINE, "extension": "801"}

    @pytest.mark.parametrize("line", ["13900000000", "95533"])
    def test_a_line_that_is_not_registered_rings_nobody(self, server, line):
        receipt = self.exchange(server).send(parcel(sender=line))
        assert (receipt.code, receipt.state) == ("line_not_registered", State.REJECTED)
        assert self.exchange(server, lines=()).send(parcel()).code == "line_not_registered"
        assert server.journal.lines() == []

    def test_a_short_service_number_is_a_line_too(self, server):
        assert self.exchange(server).send(parcel(sender="95588")).accepted
        assert server.journal.lines()[0]["said"]["caller"] == "95588"

    def test_the_same_key_rings_once(self, server):
        exchange, call = self.exchange(server), parcel("+8613800009005")
        first = exchange.send(call)
        assert (first.state, first.retry, next_step(first, [])) == (State.UNKNOWN, True, Next.RETRY)
        assert exchange.send(call).accepted and exchange.asks("call-1").accepted
        assert [line["again"] for line in server.journal.lines()] == [False, True]

    def test_each_step_of_a_call_is_pushed_and_verified(self, tmp_path):
        heard, over = [], threading.Event()

        def hear(_method, _path, headers, body):
            from liangqing.outreach.channels import signing

            assert signing.gateway_verified(stub.SECRET, headers, body, dt.datetime.now(dt.UTC))
            heard.extend(calls.events(json.loads(body), {}, NOW))
            if heard[-1].state is CallState.ENDED:
                over.set()
            return 200, {"code": "ok"}, {}

        with WebServer(hear) as callback, CallServer(tmp_path, callback=callback.url) as server:
            self.exchange(server).send(parcel())
            assert over.wait(5)
        assert [event.state for event in heard] == list(CallState)
        assert {event.key for event in heard} == {"call-1"}
        assert (heard[-1].duration_s, heard[-1].recording) == (7, "https://recordings.example.org/1.wav")

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["ended", "k", "javascript:x"]),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from("key state at duration_s recording reason id".split()), inner)
            ),
        )
    )
    def test_no_push_whatever_it_holds_stops_the_reading(self, pushed):
        for event in calls.events(pushed, {}, NOW):
            assert event.key and event.state in CallState and not event.recording.startswith("javascript")


class Port:
    """A control port that answers as it is told, one connection after the other: for what a real softphone does not do
    on demand."""

    def __init__(self, *said: list[bytes]) -> None:
        self._server, self._said, self.heard = socket.create_server(("127.0.0.1", 0)), said, b""
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Port:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        for answers in self._said:
            with contextlib.suppress(OSError):
                connection, _address = self._server.accept()
                self.heard = connection.recv(4096)
                for piece in answers:
                    connection.sendall(piece)
                    time.sleep(0.02)
                connection.close()
        self._server.close()


def net(**said: object) -> bytes:
    written = json.dumps(said).encode()
    return b"%d:%s," % (len(written), written)


def event(kind: str, number: str = "13800000000", **more: object) -> bytes:
    return net(event=True, type=kind, direction="outgoing", peeruri=f"sip:{number}@sip.example.org", **more)


OK = net(response=True, ok=True, data="", token="call-1")


class TestControlPort:
    def phone(self, address):
        return Softphone("sip.example.org", {"": address}, (LINE,))

    def told(self, *said):
        with Port(list(said)) as port:
            return list(self.phone(port.address).call(parcel(), seconds=2))

    def states(self, told):
        return [each.state for each in told if isinstance(each, CallEvent)]

    def test_it_is_told_to_dial_as_numbers_are_dialled_at_home(self):
        with Port([OK]) as port:
            assert self.phone(port.address).send(parcel()).accepted
            assert b'"params": "sip:13800000000@sip.example.org"' in port.heard

    def test_events_that_come_in_pieces_or_before_the_answer_are_not_lost(self):
        ringing = event("CALL_RINGING", id="a1")
        told = self.told(ringing[:7], ringing[7:] + OK[:3], OK[3:] + event("CALL_ESTABLISHED", id="a1"))
        assert self.states(told) == [CallState.DIALLED, CallState.RINGING, CallState.CONNECTED]

    def test_another_call_on_the_same_softphone_is_not_taken_for_this_one(self):
        told = self.told(
            OK,
            event("CALL_RINGING", id="a1"),
            event("CALL_ESTABLISHED", "13900000000", id="b2"),
            event("CALL_CLOSED", "13900000000", id="b2"),
            event("CALL_CLOSED", id="a1", param="486 Busy Here"),
        )
        assert self.states(told) == [CallState.DIALLED, CallState.RINGING, CallState.ENDED]
        assert (told[-1].reason, told[-1].duration_s) == ("486 Busy Here", 0)

    def test_a_listener_who_was_thrown_out_asks_how_the_call_stands(self):
        row = "[line 1]  0:01:05  ESTABLISHED  sip:13800000000@sip.example.org"
        listed = [net(response=True, ok=True, data=f"--- Active calls (1) ---\n> {row}\n", token="listcalls")]
        nothing = net(response=True, ok=True, data="--- Active calls (0) ---\n", token="listcalls")
        with Port([OK, event("CALL_RINGING", id="a1")], listed, [nothing]) as port:
            told = list(self.phone(port.address).call(parcel(), seconds=5))
        assert self.states(told) == list(CallState)
        assert told[-1].duration_s in (65, 66)

    def test_an_end_that_nobody_saw_has_no_duration(self):
        nothing = net(response=True, ok=True, data="--- Active calls (0) ---\n", token="listcalls")
        with Port([OK], [nothing]) as port:
            phone = self.phone(port.address)
            assert phone.send(parcel()).accepted
            (end,) = phone.follow(parcel(), seconds=5)
        assert (end.state, end.duration_s) == (CallState.ENDED, None)

    def test_a_softphone_that_goes_away_leaves_the_end_open(self):
        assert self.states(self.told(OK, event("CALL_RINGING", id="a1"))) == [CallState.DIALLED, CallState.RINGING]

    def test_a_refused_order_is_no_call(self):
        (receipt,) = self.told(net(response=True, ok=False, data="no account", token="call-1"))
        assert (receipt.state, receipt.code, receipt.sentence) == (State.REJECTED, "not_dialled", "no account")

    @pytest.mark.parametrize("garbage", [b"", b"GET / HTTP/1.1\r\n", b"99999999:x", b"3:abc;", b"5:{nope,", b"2:[],"])
    def test_what_is_no_control_port_leaves_it_unknown(self, garbage, monkeypatch):
        monkeypatch.setattr(control_port, "_TIMEOUT_S", 0.5)
        (receipt,) = self.told(garbage)
        assert (receipt.state, receipt.retry) == (State.UNKNOWN, False)

    def test_a_desk_without_a_softphone_and_one_that_is_switched_off(self):
        assert Softphone("sip.example.org", {"lin": "x:1"}, (LINE,)).send(parcel()).code == "no_softphone"
        receipt = self.phone("127.0.0.1:1").send(parcel())
        assert (receipt.fault, receipt.retry) == (Fault.UNREACHABLE, True)


@pytest.fixture
def sip(tmp_path: Path):
    with sip_servers.ringing(tmp_path) as ready:
        yield ready


class TestRealCall:
    def test_a_call_is_dialled_rings_is_answered_and_hung_up(self, sip):
        control, peer = sip
        phone = Softphone(f"127.0.0.1:{peer}", {"lin": control}, (LINE,), transport="udp")
        checked = phone.check()
        assert checked.accepted, checked
        told: list[Receipt | CallEvent] = []
        for step in phone.call(parcel(headers={"desk": "lin"}), seconds=20):
            told.append(step)
            if isinstance(step, CallEvent) and step.state is CallState.CONNECTED:
                time.sleep(1.2)
                assert phone.hang_up("lin").accepted
        receipt, *events = told
        assert receipt.accepted and receipt.provider_id == f"sip:13800000000@127.0.0.1:{peer};transport=udp"
        assert [each.state for each in events] == list(CallState)
        assert {each.key for each in events} == {"call-1"}
        assert events[-1].duration_s in (1, 2) and events[-1].provider_id
