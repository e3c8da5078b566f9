"""Text messages: signatures as the providers' own SDKs make them, receipts, reports and replies."""

from __future__ import annotations

import datetime as dt
import json
import socket
from types import SimpleNamespace

import httpx
import pytest
from alibabacloud_dysmsapi20170525 import models as aliyun_models
from alibabacloud_dysmsapi20170525.client import Client as AliyunSdk
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent_models
from tencentcloud.sms.v20210111.sms_client import SmsClient as TencentSdk

from liangqing.kit import clock
from liangqing.outreach.channels import aliyun, numbers, own_route, posting, signing, tencent
from liangqing.outreach.channels.aliyun import Aliyun
from liangqing.outreach.channels.failing_over import Next, next_step, stops_provider
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.own_route import OwnRoute
from liangqing.outreach.channels.robots import Wecom
from liangqing.outreach.channels.sending import Fault, Parcel, State
from liangqing.outreach.channels.sms import Delivery, TheirTemplate
from liangqing.outreach.channels.tencent import Tencent
from tests.outreach.servers import gateway as gateways
from tests.outreach.servers import sms as stub
from tests.outreach.servers.sms import SmsServer

NUMBER = "+8613800000000"
TODAY = dt.date(2026, 3, 2)
APPROVED = {"reminder-1": TheirTemplate("SMS_1", variables=("name", "amount"))}
MESSAGE = {"name": "李雷 & 韩梅梅+1~*", "amount": "1,280.00元/期"}
EVERYTHING = ["unreachable", "busy", "content", "account", "request", "recipient"]


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(posting, "TIMEOUT", httpx.Timeout(0.5))
    with SmsServer(tmp_path, patience_s=1.5) as server:
        yield server


def of_aliyun(server, secret=stub.SECRET):
    return Aliyun(stub.KEY_ID, secret, "华信集团", APPROVED.get, server.url)


def of_tencent(server, secret=stub.SECRET_KEY):
    return Tencent(stub.SECRET_ID, secret, "1400006666", "华信集团", APPROVED.get, endpoint=server.url)


def of_own_route(server, secret=gateways.SECRET, **more):
    return OwnRoute(Gateway(f"{server.url}/sms", secret, **more), "华信集团", "10690000")


CARRIERS = {"aliyun": of_aliyun, "tencent": of_tencent, "own": of_own_route}


@pytest.fixture(params=CARRIERS)
def make(request, server):
    return lambda **more: CARRIERS[request.param](server, **more)


def parcel(to=NUMBER, key="k-1", **more):
    return Parcel(
        to=to, key=key, **{"template_code": "reminder-1", "template_params": MESSAGE, "body": "请查看账单。", **more}
    )


class TestSignatures:
    """The SDKs send to the stub; what they signed, our code must sign to the letter, and the other way round."""

    def sdk_sends(self, server, **more):
        config = Config(
            access_key_id=stub.KEY_ID,
            access_key_secret=stub.SECRET,
            endpoint=f"127.0.0.1:{server.port}",
            protocol="http",
        )
        asked = aliyun_models.SendSmsRequest(
            phone_numbers="13800000000",
            sign_name="华信集团",
            template_code="SMS_1",
            template_param=json.dumps(MESSAGE, ensure_ascii=False),
            out_id="k-1",
            **more,
        )
        return AliyunSdk(config).send_sms(asked)

    def test_what_aliyuns_sdk_signs_we_sign_alike(self, server):
        assert self.sdk_sends(server).body.code == "OK"
        (seen,) = server.requests
        names = seen["headers"]["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        path, _mark, sent = seen["path"].partition("?")
        query = {
            "OutId": "k-1",
            "PhoneNumbers": "13800000000",
            "SignName": "华信集团",
            "TemplateCode": "SMS_1",
            "TemplateParam": json.dumps(MESSAGE, ensure_ascii=False),
        }
        ours = signing.acs3(
            "POST",
            path,
            query,
            {name: seen["headers"][name] for name in names},
            seen["body"],
            key=stub.KEY_ID,
            secret=stub.SECRET,
        )
        assert ours == seen["headers"]["authorization"]
        assert dict(httpx.QueryParams(sent)) == query

    def test_what_we_send_aliyuns_sdk_signs_alike(self, server):
        with clock.at("2026-03-02"):
            assert of_aliyun(server).send(parcel()).accepted
        (seen,) = server.requests
        headers = {name: seen["headers"][name] for name in seen["headers"] if name.startswith("x-acs")}
        headers |= {"host": seen["headers"]["host"], "accept": "application/json"}
        query = dict(httpx.QueryParams(seen["path"].partition("?")[2]))
        request = SimpleNamespace(method="POST", pathname="/", query=query, headers=headers)
        digest = headers["x-acs-content-sha256"]
        right = Utils.get_authorization(request, "ACS3-HMAC-SHA256", digest, stub.KEY_ID, stub.SECRET)
        assert seen["headers"]["authorization"] == right
        assert headers["x-acs-date"] == "2026-03-02T01:00:00Z"
        assert json.loads(query["TemplateParam"]) == MESSAGE

    @given(st.dictionaries(st.text("aBz09", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))))
    def test_any_query_is_signed_as_the_sdk_signs_it(self, query):
        headers = {"host": "h", "x-acs-action": "A", "X-Acs-Date": " d "}
        request = SimpleNamespace(method="POST", pathname="/", query=query, headers=headers)
        right = Utils.get_authorization(
            request, "ACS3-HMAC-SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "k", "s"
        )
        assert signing.acs3("POST", "/", query, headers, b"", key="k", secret="s") == right

    def test_what_tencents_sdk_signs_we_sign_alike(self, server):
        profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=f"127.0.0.1:{server.port}"))
        sdk = TencentSdk(credential.Credential(stub.SECRET_ID, stub.SECRET_KEY), "ap-guangzhou", profile)
        asked = tencent_models.SendSmsRequest()
        asked.PhoneNumberSet, asked.SmsSdkAppId, asked.TemplateId = [NUMBER], "1400006666", "SMS_1"
        asked.SignName, asked.TemplateParamSet, asked.SessionContext = "华信集团", list(MESSAGE.values()), "k-1"
        assert sdk.SendSms(asked).SendStatusSet[0].Code == "Ok"
        assert of_tencent(server).send(parcel()).accepted
        theirs, ours = server.requests
        assert json.loads(ours["body"]) == json.loads(theirs["body"])
        headers = theirs["headers"]
        at = dt.datetime.fromtimestamp(int(headers["x-tc-timestamp"]), dt.UTC)
        signed = signing.tc3(
            headers["host"],
            headers["content-type"],
            theirs["body"],
            service="sms",
            at=at,
            key=stub.SECRET_ID,
            secret=stub.SECRET_KEY,
        )
        assert signed == headers["authorization"]
        for name in ("content-type", "host", "x-tc-action", "x-tc-region", "x-tc-version"):
            assert ours["headers"][name] == headers[name]

    def test_a_wrong_key_is_refused_and_is_the_accounts_fault(self, make, server):
        receipt = make(secret="wrong").send(parcel())
        assert (receipt.state, receipt.fault, server.journal.lines()) == (State.REJECTED, Fault.ACCOUNT, [])
        assert stops_provider(receipt) and not make(secret="wrong").check().accepted

    def test_a_right_key_is_found_right_without_sending(self, make, server):
        assert make().check().accepted and server.journal.lines() == []


class TestReceipts:
    def test_a_message_is_accepted_and_carries_the_key(self, make, server):
        receipt = make().send(parcel())
        assert receipt.accepted and receipt.provider_id
        (line,) = server.journal.lines()
        assert (line["key"], line["id"]) == ("k-1", receipt.provider_id)

    @pytest.mark.parametrize("to", ["", "110", "4001234567890123", "not a number", "+86 10 6552 9988"])
    def test_what_no_text_message_reaches_is_the_recipients_fault(self, make, server, to):
        receipt = make().send(parcel(to))
        assert (receipt.state, receipt.fault, server.requests) == (State.REJECTED, Fault.RECIPIENT, [])

    @pytest.mark.parametrize(
        ("last", "fault", "retry", "step"),
        [
            ("9001", Fault.BUSY, True, Next.RETRY),
            ("9002", Fault.CONTENT, False, Next.MOVE_ON),
            ("9003", Fault.ACCOUNT, False, Next.MOVE_ON),
        ],
    )
    def test_an_error_says_whether_to_wait_to_move_on_or_to_stop(self, make, last, fault, retry, step):
        receipt = make().send(parcel(f"+861380000{last}"))
        assert (receipt.state, receipt.fault, receipt.retry) == (State.REJECTED, fault, retry)
        assert (receipt.retry_after_s is not None) is retry
        assert next_step(receipt, ["unreachable", "content", "account"]) is step
        assert stops_provider(receipt) is (fault is Fault.ACCOUNT)

    @pytest.mark.parametrize("last", ["9004", "9005", "9006"])
    def test_no_answer_after_it_was_handed_over_is_unknown_and_never_moves_on(self, make, server, last):
        carrier = make()
        receipt = carrier.send(parcel(f"+861380000{last}"))
        assert receipt.state is State.UNKNOWN
        assert receipt.retry is carrier.idempotent
        assert next_step(receipt, EVERYTHING) is (Next.RETRY if carrier.idempotent else Next.ASK)

    def test_a_service_that_is_not_there_may_be_tried_again(self, make):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        carrier = make()
        if isinstance(carrier, OwnRoute):
            carrier.gateway.url = closed
        else:
            carrier.endpoint = closed
        receipt = carrier.send(parcel())
        assert (receipt.state, receipt.fault, receipt.retry) == (State.REJECTED, Fault.UNREACHABLE, True)

    @pytest.mark.parametrize("make_one", [of_aliyun, of_tencent])
    def test_a_template_nobody_approved_is_not_even_sent(self, server, make_one):
        receipt = make_one(server).send(parcel(template_code="reminder-2"))
        assert (receipt.code, receipt.fault, server.requests) == ("template_not_approved", Fault.CONTENT, [])

    @pytest.mark.parametrize("make_one", [of_aliyun, of_tencent])
    def test_a_variable_without_a_value_is_not_sent(self, server, make_one):
        receipt = make_one(server).send(parcel(template_params={"name": "李"}))
        assert (receipt.code, receipt.sentence, server.requests) == ("missing_variable", "amount", [])

    def test_a_code_nobody_listed_goes_to_a_person(self):
        from liangqing.outreach.channels.sms import by_code

        receipt = by_code("isv.SOMETHING_NEW", "?", aliyun.FAULTS)
        assert (receipt.fault, receipt.retry, next_step(receipt, ["content"])) == (Fault.REQUEST, False, Next.GIVE_UP)

    def test_our_own_number_puts_the_signature_in_front(self, server):
        of_own_route(server).send(parcel())
        (line,) = server.journal.lines()
        assert line["said"] == {
            "key": "k-1",
            "to": NUMBER,
            "text": "【华信集团】请查看账单。",
            "sender": "10690000",
        }

    def test_a_gateway_with_words_of_its_own_is_spoken_to_in_them(self, tmp_path):
        from tests.outreach.servers.web import WebServer

        seen = []

        def answering(_method, _path, _headers, body):
            seen.append(json.loads(body))
            return 200, {"result": "E7", "desc": "欠费"}, {}

        with WebServer(answering) as server:
            words = {"to": "mobile", "text": "content", "key": "msgid", "code": "result", "message": "desc"}
            gateway = Gateway(f"{server.url}/x", "s", fields=words, codes={"E7": "balance"}, ok="0")
            receipt = OwnRoute(gateway, "华信集团").send(parcel())
        assert seen[0]["mobile"] == NUMBER and seen[0]["msgid"] == "k-1" and "to" not in seen[0]
        assert (receipt.code, receipt.sentence, receipt.fault) == ("E7", "欠费", Fault.ACCOUNT)


class TestDoubling:
    def test_our_own_number_may_be_sent_the_same_key_twice(self, server):
        carrier, message = of_own_route(server), parcel("+8613800009005")
        assert carrier.idempotent and carrier.send(message).state is State.UNKNOWN
        again = carrier.send(message)
        assert again.accepted
        assert [line["again"] for line in server.journal.lines()] == [False, True]
        assert {line["id"] for line in server.journal.lines()} == {again.provider_id}

    def test_a_cloud_service_would_send_twice_so_it_is_asked(self, server):
        for carrier in (of_aliyun(server), of_tencent(server)):
            number = "+8613800009005"
            assert not carrier.idempotent
            assert carrier.send(parcel(number)).state is State.UNKNOWN
            assert carrier.asks("k-1", to=number, on=TODAY).accepted
            missing = carrier.asks("k-2", to=number, on=TODAY)
            assert (missing.state, missing.code, missing.retry) == (State.UNKNOWN, "not_found", False)
            assert carrier.asks("k-1") is None

    def test_asking_looks_through_every_page(self, server, monkeypatch):
        for module in (aliyun, tencent):
            monkeypatch.setattr(module, "_PAGE", 2)
        for carrier in (of_aliyun(server), of_tencent(server)):
            for number in range(5):
                carrier.send(parcel(key=f"k-{number}"))
            assert carrier.asks("k-4", to=NUMBER, on=TODAY).accepted
            assert carrier.asks("k-9", to=NUMBER, on=TODAY).code == "not_found"

    def test_a_gateway_is_asked_by_key(self, server):
        carrier = of_own_route(server)
        assert carrier.asks("k-1").code == "not_found"
        sent = carrier.send(parcel())
        assert carrier.asks("k-1").provider_id == sent.provider_id
        assert of_own_route(server, idempotent=False).asks("k-1") is None


ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["OK", "Ok", "ok", "isv."]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("Code Message BizId Response Error SendStatusSet SerialNo code message id errcode".split()),
            inner,
        )
    ),
)


@given(said=ANSWERS, status=st.sampled_from([200, 302, 400, 403, 404, 429, 500, 503]))
def test_whatever_a_service_answers_there_is_a_receipt(said, status):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posting, "exchange", lambda *_a, **_k: posting.Answer(status, said, None))
        somewhere = SimpleNamespace(url="http://127.0.0.1:1")
        for carrier in (
            of_aliyun(somewhere),
            of_tencent(somewhere),
            of_own_route(somewhere),
            Wecom("k", somewhere.url),
        ):
            receipt = carrier.send(parcel())
            assert receipt.state in State and isinstance(receipt.provider_id, str)
            if status >= 300 and isinstance(carrier, OwnRoute):
                assert not receipt.accepted
            carrier.check()
            carrier.asks("k-1", to=NUMBER, on=TODAY)


class TestBatches:
    def test_a_batch_is_one_request_and_each_message_has_its_receipt(self, server):
        messages = [parcel(f"+861380000000{n}", key=f"k-{n}") for n in range(3)]
        messages.insert(1, parcel("110", key="k-bad"))
        receipts = of_aliyun(server).send_batch(messages, "batch-1")
        assert [receipt.accepted for receipt in receipts] == [True, False, True, True]
        assert len(server.requests) == 1
        assert {line["to"] for line in server.journal.lines()} == {f"1380000000{n}" for n in range(3)}

    def test_a_number_occurs_once_in_a_batch(self, server):
        with pytest.raises(ValueError, match="twice"):
            of_aliyun(server).send_batch([parcel(key="a"), parcel(key="b")], "batch-1")
        assert server.requests == []

    def test_an_empty_batch_sends_nothing(self, server):
        assert of_aliyun(server).send_batch([], "batch-1") == [] and server.requests == []


class TestWhatComesBack:
    def test_aliyuns_report_names_our_key(self):
        pushed = [
            {"phone_number": "13800000000", "send_time": "2026-03-02 09:00:00", "report_time": "2026-03-02 09:00:05",
             "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "2", "biz_id": "B1",
             "out_id": "k-1"},
            {"phone_number": "13800000001", "report_time": "", "success": False, "err_code": "MK:0001", "biz_id": "B2"},
        ]  # fmt: skip
        first, second = aliyun.arrived(pushed).reports
        assert (first.key, first.provider_id, first.state, first.segments) == ("k-1", "B1", Delivery.DELIVERED, 2)
        assert first.at == dt.datetime(2026, 3, 2, 1, 0, 5, tzinfo=dt.UTC)
        assert (second.state, second.code, second.at) == (Delivery.FAILED, "MK:0001", None)

    def test_aliyuns_reply_is_read(self):
        pushed = [{"phone_number": "13800000000", "content": "周五付", "send_time": "2026-03-02 09:00:00",
                   "dest_code": "1234", "sequence_id": "77"}]  # fmt: skip
        (reply,) = aliyun.arrived(pushed).replies
        assert (reply.sender, reply.text, reply.extension, reply.reply_id) == ("13800000000", "周五付", "1234", "77")

    def test_tencents_report_and_reply_are_read(self):
        report = {"user_receive_time": "2026-03-02 09:00:05", "nationcode": "86", "mobile": "13800000000",
                  "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "T1"}  # fmt: skip
        (read,) = tencent.arrived([report]).reports
        assert (read.provider_id, read.to, read.state) == ("T1", NUMBER, Delivery.DELIVERED)
        assert read.at == dt.datetime(2026, 3, 2, 1, 0, 5, tzinfo=dt.UTC)
        pushed = {
            "extend": "1",
            "mobile": "13800000000",
            "nationcode": "86",
            "sign": "华信",
            "text": "T",
            "time": 1772413205,
        }
        (reply,) = tencent.arrived(pushed).replies
        assert (reply.sender, reply.text, reply.at) == (NUMBER, "T", read.at)

    def test_tencent_can_be_pulled_as_well(self, server):
        carrier = of_tencent(server)
        sent = carrier.send(parcel())
        pulled = carrier.pull()
        assert [(report.key, report.provider_id) for report in pulled.reports] == [("k-1", sent.provider_id)]
        assert [reply.text for reply in pulled.replies] == ["已付"]

    def test_the_gateways_own_words_are_read(self):
        pushed = [
            {"msgid": "k-1", "id": "G1", "state": "DELIVRD", "at": "2026-03-02T09:00:00+08:00", "segments": 1},
            {"msgid": "k-2", "id": "G2", "state": "on its way"},
            {"from": NUMBER, "to": "10690000", "text": "TD", "id": "m1"},
        ]
        read = own_route.arrived(pushed, {"key": "msgid"})
        assert [(report.key, report.state) for report in read.reports] == [
            ("k-1", Delivery.DELIVERED),
            ("k-2", Delivery.UNKNOWN),
        ]
        assert read.replies[0].text == "TD" and read.reports[0].at == dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(
                    st.sampled_from(
                        "success phone_number content report_time sms_size report_status mobile nationcode text time sid "
                        "user_receive_time state key at segments from to".split()
                    ),
                    inner,
                )
            ),
        )
    )
    def test_no_push_whatever_it_holds_stops_the_reading(self, pushed):
        for arrived in (aliyun.arrived(pushed), tencent.arrived(pushed), own_route.arrived(pushed, {})):
            assert all(report.state in Delivery for report in arrived.reports)


class TestGatewaySignatures:
    BODY = b'{"state": "delivered"}'
    NOW = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)

    def verified(self, headers, body=BODY, secret=gateways.SECRET):
        return signing.gateway_verified(secret, headers, body, self.NOW)

    def test_a_callback_signed_now_is_believed(self):
        assert self.verified(gateways.signed(self.BODY, self.NOW.timestamp()))

    def test_another_body_another_secret_another_time_or_none_is_not(self):
        headers = gateways.signed(self.BODY, self.NOW.timestamp())
        assert not self.verified(headers, body=b"{}")
        assert not self.verified(headers, secret="other")
        assert not self.verified(headers, secret="")
        assert not self.verified({})
        assert not self.verified({**headers, "X-Signature": ""})
        assert not self.verified({**headers, "X-Timestamp": "tomorrow"})
        old = gateways.signed(self.BODY, self.NOW.timestamp() - signing.MOST_AGE_S - 1)
        assert not self.verified(old)


@given(st.text(max_size=40) | st.from_regex(r"[+0-9 ()-]{0,25}", fullmatch=True))
def test_any_text_is_a_number_or_is_not(written):
    try:
        spelled = numbers.e164(written)
    except numbers.NotANumber:
        assert not numbers.is_mobile(written)
    else:
        assert spelled.startswith("+") and spelled[1:].isdigit() and numbers.e164(spelled) == spelled


def test_one_number_has_one_spelling():
    for written in (
        "13800000000",
        "+86 138-0000-0000",
        "0086 138 0000 0000",
        "86 13800000000",
        "１３８００００００００",
    ):
        assert numbers.e164(written) == NUMBER
    assert numbers.national("+861065529988") == "01065529988"
