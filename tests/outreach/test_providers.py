"""Providers: set up by administrators, secrets sealed, stopped and resumed, within their limits."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from liangqing.kit import clock
from liangqing.kit.refusal import Refusal
from liangqing.outreach.actions import providers
from liangqing.outreach.channels import carriers, inbox
from liangqing.outreach.channels.carriers import NotFromProvider
from liangqing.outreach.channels.kinds import FIELDS, Kind
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, State, rejected, unknown
from liangqing.outreach.channels.sms import Delivery
from liangqing.outreach.models import Line, Provider, ProviderTemplate
from liangqing.people.actions import staff
from liangqing.trail.models import Entry
from tests.outreach.servers import gateway as gateways
from tests.outreach.servers import imap as imap_server
from tests.outreach.servers import sms as stub
from tests.outreach.servers.imap import ImapServer
from tests.outreach.servers.sms import SmsServer

ALIYUN = {"key_id": stub.KEY_ID, "secret": stub.SECRET, "signature": "华信集团", "callback_token": "long token"}
SMTP = {"host": "mail.example.com", "sender": "bill@example.com", "domain": "mail.example.com", "password": "s3cret"}


@pytest.fixture
def admin(books):
    return staff.join("ada", name="管理员", department=None, duties=("admin",))


@pytest.fixture
def aliyun(admin):
    return providers.add("aliyun_sms", "阿里云", ALIYUN, by=admin)


def refused(code, act, *given, **named):
    with pytest.raises(Refusal) as no:
        act(*given, **named)
    assert no.value.code == code
    assert no.value.sentence


class TestSettingUp:
    def test_a_secret_is_sealed_and_neither_shown_nor_told(self, aliyun):
        kept = Provider.objects.get().config
        assert kept["secret"].startswith("~1:") and kept["key_id"] == stub.KEY_ID
        assert aliyun.setting("secret") == stub.SECRET
        assert aliyun.shown()["secret"] is True and stub.SECRET not in str(dict(aliyun.shown()))
        assert not Entry.objects.filter(facts__contains=stub.SECRET).exists()

    def test_a_shared_cloud_route_may_carry_no_dunning_unless_it_was_contracted(self, aliyun, admin):
        own = {"url": "https://sms.example.com", "secret": "s", "signature": "华信", "sender": "10690000"}
        assert aliyun.own_route is False
        assert providers.add("http_sms", "自有端口", own, by=admin).own_route is True
        assert providers.change(aliyun, own_route=True, by=admin).own_route is True

    def test_a_robot_serves_staff_within_its_limit(self, admin):
        robot = providers.add("wecom_robot", "群", {"key": "k"}, by=admin)
        assert (robot.for_staff, robot.per_minute) == (True, 20)
        refused("staff_only", providers.change, robot, for_staff=False, by=admin)

    @pytest.mark.parametrize(
        ("kind", "config", "columns", "code"),
        [
            ("fax", {}, {}, "unknown_kind"),
            ("aliyun_sms", {"key_id": "x"}, {}, "missing_setting"),
            ("aliyun_sms", {**ALIYUN, "colour": "red"}, {}, "bad_setting"),
            ("smtp", {**SMTP, "port": "25"}, {}, "bad_setting"),
            ("smtp", {**SMTP, "port": True}, {}, "bad_setting"),
            ("smtp", {**SMTP, "security": "some"}, {}, "bad_setting"),
            ("smtp", {**SMTP, "host": "a\r\nb"}, {}, "bad_setting"),
            ("smtp", SMTP, {"per_day": 0}, "bad_limit"),
            ("smtp", SMTP, {"moves_on": ["recipient"]}, "unknown_fault"),
        ],
    )
    def test_settings_that_can_not_be_used_are_refused(self, admin, kind, config, columns, code):
        refused(code, providers.add, kind, "x", config, by=admin, **columns)
        assert not Provider.objects.exists()

    def test_two_providers_have_two_names(self, aliyun, admin):
        refused("name_taken", providers.add, "smtp", "阿里云", SMTP, by=admin)

    def test_only_administrators_may(self, aliyun):
        lin = staff.join("lin", name="林", department=None, duties=("collect",))
        both = staff.join("eva", name="审计", department=None, duties=("admin", "audit"))
        for person in (lin, both):
            refused("not_allowed", providers.add, "smtp", "x", SMTP, by=person)
            refused("not_allowed", providers.change, aliyun, order=2, by=person)
            refused("not_allowed", providers.stop, aliyun, reason="x", by=person)
            refused("not_allowed", providers.test, aliyun, by=person)

    def test_a_change_tells_what_changed_and_no_values_of_settings(self, aliyun, admin):
        providers.change(aliyun, order=3, config={"secret": "another", "signature": "华信"}, by=admin)
        facts = Entry.objects.get(event="provider changed").facts
        assert (facts["before"], facts["after"], facts["settings"]) == (
            {"order": 1},
            {"order": 3},
            ["secret", "signature"],
        )
        assert Provider.objects.get().setting("secret") == "another"

    def test_a_secret_left_empty_stays_and_no_change_tells_nothing(self, aliyun, admin):
        providers.change(aliyun, config={"secret": "", "signature": "华信集团"}, order=1, by=admin)
        assert Provider.objects.get().setting("secret") == stub.SECRET
        assert not Entry.objects.filter(event="provider changed").exists()

    def test_every_kind_can_be_set_up_and_becomes_what_it_is_for(self, admin):
        Line.objects.create(channel="phone", value="021 5234 5678")
        examples = {"text": "x", "secret": "x", "number": 1, "flag": True, "list": ["x"], "map": {"a": "b"}}
        for kind in Kind:
            config = {
                field.name: (field.choices or (examples[field.shape],))[0] for field in FIELDS[kind] if field.required
            }
            provider = providers.add(kind, f"one of {kind}", config, by=admin)
            if kind == Kind.IMAP:
                assert carriers.mailbox(provider).port == 993
                with pytest.raises(ValueError, match="sends nothing"):
                    carriers.of(provider)
            else:
                assert isinstance(carriers.of(provider).idempotent, bool)

    def test_calls_go_out_by_the_lines_that_are_registered_now(self, admin):
        for value, active in (("021 5234 5678", True), ("010 6552 9988", False)):
            Line.objects.create(channel="phone", value=value, active=active)
        desk = {"domain": "sip.example.com", "desks": {"": "127.0.0.1:1"}}
        phone = carriers.of(providers.add("sip_softphone", "软电话", desk, by=admin))
        assert phone.lines == ("021 5234 5678",)


class TestStopping:
    def test_a_stopped_provider_sends_nothing_until_it_is_resumed(self, aliyun, admin):
        providers.stop(aliyun, reason="投诉", by=admin)
        assert (aliyun.sends, aliyun.stopped_by, aliyun.stop_reason) == (False, admin, "投诉")
        refused("stopped_already", providers.stop, aliyun, reason="again", by=admin)
        providers.resume(aliyun, by=admin)
        assert aliyun.sends and aliyun.stop_reason == ""
        refused("not_stopped", providers.resume, aliyun, by=admin)
        refused("no_reason", providers.stop, aliyun, reason=" ", by=admin)
        told = Entry.objects.filter(thing="provider").order_by("id").values_list("event", flat=True)
        assert list(told) == ["provider added", "provider stopped", "provider resumed"]

    def test_an_empty_account_stops_it_by_itself_once(self, aliyun):
        assert providers.stop_after(aliyun, rejected("isv.AMOUNT_NOT_ENOUGH", "余额不足", Fault.ACCOUNT)) is True
        assert (aliyun.sends, aliyun.stopped_by, aliyun.stop_reason) == (False, None, "isv.AMOUNT_NOT_ENOUGH 余额不足")
        assert providers.stop_after(aliyun, rejected("isv.AMOUNT_NOT_ENOUGH", "", Fault.ACCOUNT)) is False

    def test_nothing_else_stops_it(self, aliyun):
        for receipt in (
            Receipt(state=State.ACCEPTED),
            unknown("x", fault=Fault.ACCOUNT),
            rejected("x", "", Fault.RECIPIENT),
            rejected("x", "", Fault.CONTENT),
        ):
            assert providers.stop_after(aliyun, receipt) is False
        assert aliyun.sends


class TestTrying:
    def test_a_test_asks_the_provider_and_is_remembered(self, aliyun, admin, tmp_path):
        with SmsServer(tmp_path) as server:
            providers.change(aliyun, config={"endpoint": server.url}, by=admin)
            aliyun.refresh_from_db()
            assert providers.test(aliyun, by=admin).accepted
            providers.change(aliyun, config={"secret": "wrong"}, by=admin)
            aliyun.refresh_from_db()
            assert not providers.test(aliyun, by=admin).accepted
            assert server.journal.lines() == []
        kept = Provider.objects.get()
        assert (kept.test_passed, kept.test_code) == (False, "SignatureDoesNotMatch")
        assert Entry.objects.filter(event="provider tested").count() == 2

    def test_a_mailbox_is_tested_by_opening_it(self, admin, tmp_path):
        with ImapServer(tmp_path) as server:
            config = {"host": "127.0.0.1", "port": server.port, "security": "none", "domain": "mail.example.com",
                      "username": imap_server.USERNAME, "password": imap_server.PASSWORD}  # fmt: skip
            assert providers.test(providers.add("imap", "回信", config, by=admin), by=admin).accepted

    def test_a_mailbox_recognises_what_its_mail_server_sent(self, admin):
        names = {"domain": "mail.example.com", "bounces": "b@example.com", "tagged": True}
        out = providers.add("smtp", "发信", {**SMTP, **names}, by=admin)
        back = providers.add("imap", "收信", {"host": "x", "username": "u", "password": "p", **names}, by=admin)
        raw = f"To: {carriers.envelope(out).sender('k-1', '')}\r\nReturn-Path: <>\r\nSubject: failure notice\r\n\r\n"
        assert inbox.read(raw.encode(), carriers.envelope(back)).key == "k-1"


class TestTemplates:
    def test_a_template_is_used_once_the_provider_approved_it_and_no_longer_than_that(self, aliyun, admin):
        def find(code):
            return carriers.of(aliyun).templates(code)

        there = providers.submit_template(aliyun, "r-1", "SMS_1", variables=("name",), by=admin)
        assert find("r-1") is None
        providers.decide_template(there, approved=True, by=admin)
        assert (find("r-1").code, find("r-1").variables) == ("SMS_1", ("name",))
        providers.decide_template(there, approved=False, reason="催收内容", by=admin)
        assert find("r-1") is None and ProviderTemplate.objects.get().reason == "催收内容"

    def test_sending_asks_no_database(self, aliyun, admin, tmp_path, django_assert_num_queries):
        there = providers.submit_template(aliyun, "r-1", "SMS_1", by=admin)
        providers.decide_template(there, approved=True, by=admin)
        with SmsServer(tmp_path) as server:
            providers.change(aliyun, config={"endpoint": server.url}, by=admin)
            carrier = carriers.of(Provider.objects.get())
            with django_assert_num_queries(0):
                assert carrier.send(Parcel(to="13800000000", key="k-1", template_code="r-1")).accepted

    def test_a_refused_template_can_be_submitted_again_and_a_waiting_one_can_not(self, aliyun, admin):
        there = providers.submit_template(aliyun, "r-1", "SMS_1", by=admin)
        refused("submitted_already", providers.submit_template, aliyun, "r-1", "SMS_2", by=admin)
        providers.decide_template(there, approved=False, reason="x", by=admin)
        again = providers.submit_template(aliyun, "r-1", "SMS_2", by=admin)
        assert (again.pk, again.state, again.their_code, again.reason) == (there.pk, "waiting", "SMS_2", "")
        refused("no_code", providers.submit_template, aliyun, "r-2", " ", by=admin)


class TestCallbacks:
    NOW = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
    REPORT = json.dumps([{"phone_number": "13800000000", "success": True, "out_id": "k-1", "biz_id": "B1"}]).encode()

    def called(self, provider, body, token="", headers=()):
        return carriers.called(provider, token=token, headers=dict(headers), body=body, at=self.NOW)

    def test_a_cloud_service_shows_its_token(self, aliyun):
        told = self.called(aliyun, self.REPORT, token="long token")
        assert told.messages.reports[0].state is Delivery.DELIVERED
        assert told.answer == {"code": 0, "msg": "成功"}

    @pytest.mark.parametrize("token", ["", "short token"])
    def test_without_the_token_nothing_is_believed(self, aliyun, admin, token):
        with pytest.raises(NotFromProvider):
            self.called(aliyun, self.REPORT, token=token)
        without = providers.add("tencent_sms", "腾讯", {"secret_id": "x", "secret": "y", "app_id": "1", "signature": "z"},
                                by=admin)  # fmt: skip
        with pytest.raises(NotFromProvider):
            self.called(without, b"[]", token=token)

    def test_a_gateway_signs(self, admin):
        own = {"url": "https://sms.example.com", "secret": gateways.SECRET, "signature": "华信", "sender": "1069"}
        route = providers.add("http_sms", "自有端口", own, by=admin)
        body = b'{"key": "k-1", "id": "G1", "state": "delivered"}'
        told = self.called(route, body, headers=gateways.signed(body, self.NOW.timestamp()))
        assert told.messages.reports[0].key == "k-1"
        for wrong in ({}, gateways.signed(b"{}", self.NOW.timestamp())):
            with pytest.raises(NotFromProvider):
                self.called(route, body, headers=wrong)
        with pytest.raises(NotFromProvider):
            self.called(route, b"no json", headers=gateways.signed(b"no json", self.NOW.timestamp()))

    def test_a_provider_that_calls_nobody_back_is_not_believed(self, admin):
        with pytest.raises(NotFromProvider):
            self.called(providers.add("smtp", "邮件", SMTP, by=admin), b"[]", token="")


class TestLimits:
    def test_many_workers_together_keep_to_a_limit(self, admin):
        provider = providers.add("tel", "手拨", {}, per_minute=10, by=admin)

        def take(_number):
            try:
                with clock.at("2026-03-02"):
                    return providers.take_place(provider)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            waits = list(pool.map(take, range(40)))
        assert waits.count(0) == 5  # half of them at once, the rest evenly
        assert all(0 <= wait <= 60 for wait in waits)
