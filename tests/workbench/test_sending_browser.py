"""In a real browser with real servers: from a case to the recipient's server and back, and the stop a customer asks for."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liangqing.cases.models import Case
from liangqing.kit import clock
from liangqing.outreach.actions import calls, mailboxes, providers, sending
from liangqing.outreach.models import Call, Dispatch, Line, Message, Provider
from liangqing.parties.actions import contacts, restraints
from liangqing.parties.models import Contact, Restraint
from liangqing.people.models import Institution as Home
from tests.outreach.servers import imap as mailbox
from tests.outreach.servers import sip
from tests.outreach.servers.gateway import SECRET, CallServer, signed
from tests.outreach.servers.imap import ImapServer
from tests.outreach.servers.smtp import SmtpServer
from tests.workbench.institution import Institution

SHOTS = os.environ.get("LIANGQING_SHOTS", "")
"""A folder that gets a picture of each step."""


@pytest.fixture
def afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is two in the afternoon of the institution's day, for the pages' threads as for the test; time goes on."""
    there = dt.datetime(2026, 6, 30, 14, tzinfo=clock.zone())
    offset = there - dt.datetime.now(dt.UTC)
    monkeypatch.setattr(clock, "_offset", lambda _played: offset)


@pytest.fixture
def case(house_of_people: Institution, afternoon: None) -> Case:
    """One of 林's, of a customer who may be reached and has a mail address that answers."""
    lin = house_of_people.user("lin")
    Home.objects.create(
        pk=1, name="杭州两清商业管理有限公司", signer="应收账款管理部", address="杭州市解放路18号",
        callback_phone="0571-88880001", complaint_phone="0571-88880002", email="service@example.com",
        account_name="杭州两清商业管理有限公司", bank="中国工商银行", account="1202020109900012345",
    )  # fmt: skip
    case = house_of_people.of("lin")[0].case
    contacts.add(case.party, kind="email", value="answers@example.org", role="self", by=lin)
    return case


def pictured(page: Any, name: str) -> None:
    if SHOTS:
        page.wait_for_timeout(300)
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_a_mail_leaves_from_a_case_arrives_and_a_text_answered_with_stop_is_the_last(
    browser_page: Callable[..., Any], house_of_people: Institution, case: Case, tmp_path: Path, served: str
) -> None:
    gateway = Provider.objects.get()
    texts = CallServer(tmp_path)
    with SmtpServer(tmp_path / "mail") as smtp, ImapServer(tmp_path / "mail") as imap, texts:
        bounces = {"domain": "mail.example.com", "bounces": "bounces@example.com", "tagged": True}
        mail = {"host": "127.0.0.1", "port": smtp.port, "security": "none", "sender": "bill@example.com", **bounces}
        providers.add("smtp", "邮件", mail, by=None)
        login = {"username": mailbox.USERNAME, "password": mailbox.PASSWORD}
        box = {"host": "127.0.0.1", "port": imap.port, "security": "none", **login, **bounces}
        providers.add("imap", "收件箱", box, by=None)
        providers.change(gateway, by=None, config={"url": f"http://127.0.0.1:{texts.port}/sms", "secret": SECRET})
        page = browser_page("lin", viewport={"width": 1366, "height": 768})

        page.goto(f"/cases/{case.number}/")
        page.locator("#contacting").wait_for()
        pictured(page, "1-case")
        page.locator("#contacting a[href*='way=email']").click()
        page.locator("#compose").wait_for()
        pictured(page, "2-compose")
        page.select_option("#id_content", "bill")
        page.locator("#compose form[method=get] option[value=bill]:checked").wait_for(state="attached")
        page.select_option("#id_content", "reminder")
        page.locator("#compose form[method=post] button").click()
        page.wait_for_url("**/messages/*/")
        message = Message.objects.get(channel="email")
        assert message.number in page.inner_text("h1")

        sending.go()
        assert smtp.journal.lines()
        assert mailboxes.read_all()["read"] == 1, "an answer came"
        page.reload()
        pictured(page, "3-message")
        message.refresh_from_db()
        assert message.state in ("sent", "delivered")

        page.goto(f"/cases/{case.number}/messages/?way=sms-{_phone(case).pk}&content=reply")
        page.fill("#id_body", "再不还钱就让你坐牢")
        page.locator("#found mark").first.wait_for()
        pictured(page, "4-words")
        page.fill("#id_body", "您好，发票已经重新寄出，请查收。")
        page.locator("#found mark").first.wait_for(state="detached")
        page.locator("#compose form[method=post] button").click()
        page.wait_for_url("**/messages/*/")
        sending.go()
        assert texts.journal.lines()

        told = {
            "key": str(Message.objects.get(content="reply").key),
            "state": "delivered",
            "at": clock.now().isoformat(),
        }
        _pushed(served, gateway, [told])
        page.reload()
        assert Message.objects.get(content="reply").state == "delivered"
        at = clock.now().isoformat()
        _pushed(served, gateway, [{"from": _phone(case).value, "to": "10690000", "text": "退订", "at": at, "id": "R1"}])
        assert Restraint.objects.filter(party=case.party, kind="opt_out", channel="sms", lifted_at=None).exists()
        page.goto("/bell/")
        pictured(page, "5-bell")
        page.get_by_role("link", name="2026-06-30").first.click()
        page.goto("/messages/incoming/?open=1")
        pictured(page, "6-answers")
        page.locator("table.lq a[data-open]").first.click()
        pictured(page, "7-answer")
        assert "退订" in page.inner_text("main")
        page.goto(f"/cases/{case.number}/contacting/")
        assert page.locator("#contacting a[href*='way=sms']").count() == 0, "nobody texts them any more"
        pictured(page, "8-contacting")


def test_a_call_pressed_in_the_case_rings_a_telephone_is_followed_and_hung_up_in_the_page(
    browser_page: Callable[..., Any], case: Case, tmp_path: Path
) -> None:
    with sip.ringing(tmp_path) as (control, peer):
        config = {
            "domain": f"127.0.0.1:{peer}",
            "desks": {"lin": control},
            "lines": ["021-52345678"],
            "transport": "udp",
        }
        Line.objects.get_or_create(channel="phone", value="021-52345678")
        providers.add("sip_softphone", "话机", config, by=None)
        page = browser_page("lin", viewport={"width": 1366, "height": 768}, language="en")
        page.goto(f"/cases/{case.number}/contacting/")
        page.locator("#contacting").get_by_role("button", name="Call").first.click()
        state = page.locator("[id^=call-]")
        state.wait_for()
        number = Call.objects.get().pk
        assert calls.place(number), "it is to be looked at again"
        state.get_by_text("connected").wait_for()
        pictured(page, "call-1")
        page.wait_for_timeout(1_500)
        state.get_by_role("button", name="Hang up").click()
        until = time.monotonic() + 20
        while calls.follow(number) and time.monotonic() < until:
            pass
        state.get_by_text("seconds").wait_for()
        pictured(page, "call-2")
    call = Call.objects.select_related("attempt").get()
    assert (call.state, call.attempt.answer) == ("ended", "allowed")
    assert call.duration_s and call.duration_s >= 1


def _pushed(served: str, gateway: Provider, said: Any) -> None:
    """The gateway calls back, signed, by the clock of the house."""
    body = json.dumps(said, ensure_ascii=False).encode()
    headers = signed(body, clock.now().timestamp())
    request = urllib.request.Request(f"{served}/callbacks/{gateway.pk}/signed/", body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def _phone(case: Case) -> Contact:
    return Contact.objects.filter(party=case.party, kind="phone").earliest("id")


@pytest.fixture
def many(house_of_people: Institution, case: Case, tmp_path: Path) -> Any:
    """The gateway of the institution, at a local server."""
    texts = CallServer(tmp_path)
    with texts:
        config = {"url": f"http://127.0.0.1:{texts.port}/sms", "secret": SECRET}
        providers.change(Provider.objects.get(), by=None, config=config)
        yield texts


def test_many_are_sent_to_followed_while_it_goes_and_stopped(
    browser_page: Callable[..., Any], house_of_people: Institution, many: CallServer
) -> None:
    gao, opted = house_of_people.user("gao"), house_of_people.customer("C2").case.party
    for promise in Restraint.objects.filter(kind="promise").exclude(party=house_of_people.customer("C3").party):
        restraints.lift(promise, reason="已付", by=gao)
    restraints.place(opted, "opt_out", channel="sms", reason="不要短信", by=None)
    page = browser_page("gao", viewport={"width": 1366, "height": 768})
    page.goto("/dispatches/")
    page.get_by_role("link").filter(has=page.locator("kbd")).first.click()
    page.locator("#selection button").click()
    page.locator("#purpose").wait_for()
    pictured(page, "11-choose")
    page.fill("#purpose [name=name]", "六月底提醒")
    page.select_option("#purpose [name=content]", "reminder")
    page.locator("#purpose button").click()
    page.wait_for_url("**/dispatches/*/")
    pictured(page, "12-look")
    dispatch = Dispatch.objects.latest("id")
    assert dispatch.figures["refused"] >= 1 and "restraint:R-optout" in page.inner_text("main")
    assert "2026-07-07" in page.locator(".lq-note.care").inner_text(), "one promised until it would be dropped"

    page.locator("form[action$='/start/'] button").click()
    page.locator("#progress progress").wait_for()
    pictured(page, "13-sending")
    page.goto("/channels/switches/")
    page.fill("[name=reason]", "措辞有误")
    page.locator("button.btn-danger").click()
    page.locator(".lq-note.bad").wait_for()
    pictured(page, "14-stopped")
    sending.go()
    assert not many.journal.lines()
    page.locator(".lq-note.bad form button").click()
    page.locator(".lq-note.bad").wait_for(state="detached")
    sending.go()
    left = dispatch.messages.filter(state="sent").count()
    assert left == len(many.journal.lines()) > 0
    page.goto(f"/dispatches/{dispatch.pk}/")
    pictured(page, "15-done")
    assert str(left) in page.locator("#progress").inner_text()
    page.goto("/channels/")
    pictured(page, "16-channels")
    page.goto(f"/channels/{Provider.objects.get().pk}/")
    pictured(page, "17-provider")
    page.goto("/messages/")
    pictured(page, "18-messages")


def test_an_administrator_sets_a_mail_server_up_registers_its_line_and_enters_a_certificate(
    browser_page: Callable[..., Any], house_of_people: Institution, tmp_path: Path
) -> None:
    with SmtpServer(tmp_path) as smtp:
        page = browser_page("admin", viewport={"width": 1366, "height": 768})
        page.goto("/channels/new/?kind=smtp")
        said = {
            "name": "邮件", "set_host": "127.0.0.1", "set_port": str(smtp.port), "set_sender": "bill@example.com",
            "set_domain": "mail.example.com", "set_password": "very secret",
        }  # fmt: skip
        for name, value in said.items():
            page.fill(f"[name={name}]", value)
        page.select_option("[name=set_security]", "none")
        pictured(page, "21-new")
        page.locator("form[action='/channels/new/'] button.btn-primary").click()
        page.wait_for_url("**/channels/*/")
        page.locator("form[action$='/test/'] button").click()
        page.locator("h2 .lq-tag.green").wait_for()
        pictured(page, "22-tested")
        assert "very secret" not in page.content()
    page.goto("/channels/lines/")
    page.select_option("[name=channel]", "email")
    page.fill("form .lq-form [name=value]", "service@example.com")
    page.locator("form button.btn-primary").click()
    page.locator(".lq-note.bad").wait_for()
    pictured(page, "23-lines")
    assert "bill@example.com" in page.inner_text(".lq-note.bad"), "the sender is no registered line"
    lin = house_of_people.user("lin")
    page.goto(f"/people/{lin.pk}/")
    for name, value in {"from_on": "2026-06-01", "last_day": "2026-07-15"}.items():
        page.fill(f"#certificate_{name}", value)
    page.locator("#certificates form.border-top button").click()
    page.locator("#certificates .lq-tag.orange").wait_for()
    pictured(page, "24-person")
    page.goto("/people/certificates/")
    pictured(page, "25-certificates")
    assert lin.name in page.inner_text("main")
