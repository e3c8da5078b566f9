"""The text message services: Aliyun, Tencent, the own gateway (``/sms``), and the robots of 企业微信 and 钉钉.

Signatures are checked with the providers' own SDKs; a wrong one is refused as they refuse it. The last digits of the
number choose what happens: ``…9001`` rate limit, ``…9002`` template not approved, ``…9003`` no balance, ``…9004`` taken but
never answered, ``…9005`` taken, then hung up, ``…9006`` taken, then their internal error. Afterwards the callback, when
there is one, hears that it was delivered.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from alibabacloud_tea_openapi.utils import Utils
from tencentcloud.common.sign import Sign

from tests.outreach.servers.gateway import Gateways
from tests.outreach.servers.journal import Journal
from tests.outreach.servers.web import Answer, HangUp, WebServer

KEY_ID, SECRET = "LTAI-key", "a secret of ours"
SECRET_ID, SECRET_KEY = "AKID-id", "another secret of ours"
DINGTALK_TOKEN, DINGTALK_SECRET, WECOM_KEY = "ding-token", "SEC-ding", "wecom-key"

_ALIYUN = {
    "9001": "isv.BUSINESS_LIMIT_CONTROL",
    "9002": "isv.SMS_TEMPLATE_ILLEGAL",
    "9003": "isv.AMOUNT_NOT_ENOUGH",
    "9006": "isp.SYSTEM_ERROR",
}
_TENCENT = {
    "9001": "LimitExceeded.PhoneNumberThirtySecondLimit",
    "9002": "FailedOperation.TemplateUnapprovedOrNotExist",
    "9003": "FailedOperation.InsufficientBalanceInSmsPackage",
    "9006": "InternalError.Timeout",
}


class SmsServer(WebServer):
    """``requests`` keeps every request as it came, for tests that compare signatures."""

    def __init__(self, folder: Path, *, port: int = 0, callback: str = "", patience_s: float = 3600) -> None:
        self.journal = Journal(folder, "sms")
        self.callback, self.patience_s = callback, patience_s
        self.requests: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self._gateways = Gateways(self.journal, callback, patience_s)
        self._robots: dict[str, list[float]] = {}
        super().__init__(self._answer, port)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.requests.append({"method": method, "path": path, "headers": headers, "body": body})
        if "x-acs-action" in headers:
            return self._aliyun(path, headers, body)
        if "x-tc-action" in headers:
            return self._tencent(headers, body)
        if path.startswith("/sms"):
            return self._gateways.answer(method, path, headers, body)
        if path.startswith(("/dingtalk", "/wecom")):
            return self._robot(path, body)
        return 404, {}, {}

    def _aliyun(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        given = headers.get("authorization", "")
        names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        request = SimpleNamespace(
            method="POST", pathname="/", query=query, headers={name: headers.get(name) for name in names}
        )
        digest = hashlib.sha256(body).hexdigest()
        must = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
        right = Utils.get_authorization(request, "ACS3-HMAC-SHA256", digest, KEY_ID, SECRET)
        if given != right or not must <= set(names) or headers["x-acs-content-sha256"] != digest:
            return 400, {"Code": "SignatureDoesNotMatch", "Message": "Specified signature is not matched."}, {}
        action = headers["x-acs-action"]
        if action == "QuerySmsTemplateList":
            return 200, {"Code": "OK", "Message": "OK", "SmsTemplateList": []}, {}
        if action == "QuerySendDetails":
            rows = [
                {"OutId": row["key"], "PhoneNum": row["to"], "SendStatus": 3, "ErrCode": "DELIVERED"}
                for row in self.sent
                if row["to"] == query["PhoneNumber"]
            ]
            size, page = int(query["PageSize"]), int(query["CurrentPage"])
            shown = rows[size * (page - 1) : size * page]
            return 200, {"Code": "OK", "TotalCount": len(rows), "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}}, {}
        numbers = json.loads(query["PhoneNumberJson"]) if action == "SendBatchSms" else [query["PhoneNumbers"]]
        code = next((_ALIYUN[number[-4:]] for number in numbers if number[-4:] in _ALIYUN), "OK")
        if code != "OK":
            return 200, {"Code": code, "Message": f"refused: {code}", "RequestId": "R"}, {}
        biz = f"B{len(self.sent) + 1}^0"
        for number in numbers:
            self._take("aliyun", query["OutId"], number, biz, query)
        self._misbehave(numbers[0])
        return 200, {"Code": "OK", "Message": "OK", "BizId": biz, "RequestId": "R"}, {}

    def _tencent(self, headers: dict[str, str], body: bytes) -> Answer:
        stamp = int(headers["x-tc-timestamp"])
        day = dt.datetime.fromtimestamp(stamp, dt.UTC).strftime("%Y-%m-%d")
        canonical = (
            f"POST\n/\n\ncontent-type:{headers['content-type']}\nhost:{headers['host']}\n\ncontent-type;host\n"
            + hashlib.sha256(body).hexdigest()
        )
        scope = f"{day}/sms/tc3_request"
        to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = Sign.sign_tc3(SECRET_KEY, day, "sms", to_sign)
        right = f"Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        if headers.get("authorization") != f"TC3-HMAC-SHA256 {right}":
            return _response({"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "wrong signature"}})
        action, asked = headers["x-tc-action"], json.loads(body)
        if action == "SendStatusStatistics":
            return _response({"SendStatusStatistics": {"FeeCount": 0}})
        if action == "PullSmsReplyStatus":
            reply = {
                "PhoneNumber": "+8613800000000",
                "ReplyContent": "已付",
                "ReplyTime": 1772418000,
                "ExtendCode": "1",
            }
            return _response({"PullSmsReplyStatusSet": [reply]})
        if action.startswith("PullSmsSendStatus"):
            rows = [
                {"SerialNo": row["id"], "SessionContext": row["key"], "PhoneNumber": row["to"],
                 "ReportStatus": "SUCCESS", "Description": "DELIVRD", "UserReceiveTime": 1772418000}
                for row in self.sent if asked.get("PhoneNumber") in (None, row["to"])
            ]  # fmt: skip
            first = asked.get("Offset", 0)
            return _response({"PullSmsSendStatusSet": rows[first : first + asked["Limit"]]})
        number = asked["PhoneNumberSet"][0]
        code = _TENCENT.get(number[-4:], "Ok")
        serial = ""
        if code == "Ok":
            serial = f"T{len(self.sent) + 1}"
            self._take("tencent", asked["SessionContext"], number, serial, asked)
            self._misbehave(number)
        status = {"SerialNo": serial, "PhoneNumber": number, "Code": code, "Message": f"said: {code}", "Fee": 1}
        return _response({"SendStatusSet": [status], "RequestId": "R"})

    def _take(self, service: str, key: str, number: str, provider_id: str, said: dict[str, Any]) -> None:
        self.journal.note(service=service, key=key, to=number, id=provider_id, said=said)
        self.sent.append({"service": service, "key": key, "to": number, "id": provider_id})
        if self.callback:
            threading.Thread(target=self._tell, args=(service, key, number, provider_id), daemon=True).start()

    def _misbehave(self, number: str) -> None:
        if number.endswith("9004"):
            time.sleep(self.patience_s)
        if number.endswith(("9004", "9005")):
            raise HangUp

    def _tell(self, service: str, key: str, number: str, provider_id: str) -> None:
        time.sleep(0.05)
        now = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).strftime("%Y-%m-%d %H:%M:%S")
        if service == "aliyun":
            report: dict[str, Any] = {
                "phone_number": number, "send_time": now, "report_time": now, "success": True, "err_code": "DELIVERED",
                "err_msg": "用户接收成功", "sms_size": "1", "biz_id": provider_id, "out_id": key,
            }  # fmt: skip
        else:
            report = {
                "user_receive_time": now, "nationcode": "86", "mobile": number[-11:], "report_status": "SUCCESS",
                "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": provider_id,
            }  # fmt: skip
        body = json.dumps([report], ensure_ascii=False).encode()
        request = urllib.request.Request(
            self.callback, body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=5):
            pass

    def _robot(self, path: str, body: bytes) -> Answer:
        query, said = dict(parse_qsl(urlsplit(path).query)), json.loads(body)
        if path.startswith("/wecom"):
            key, right, limit = query.get("key", ""), query.get("key") == WECOM_KEY, 45009
            wrong = {"errcode": 93000, "errmsg": "invalid webhook url"}
        else:
            key, limit = query.get("access_token", ""), 130101
            stamp = query.get("timestamp", "0")
            digest = hmac.new(DINGTALK_SECRET.encode(), f"{stamp}\n{DINGTALK_SECRET}".encode(), hashlib.sha256).digest()
            fresh = abs(time.time() * 1000 - int(stamp)) < 3_600_000
            right = key == DINGTALK_TOKEN and query.get("sign") == base64.b64encode(digest).decode() and fresh
            wrong = {"errcode": 310000, "errmsg": "sign not match"}
        if not right:
            return 200, wrong, {}
        recent = [at for at in self._robots.get(key, []) if at > time.time() - 60]
        if len(recent) >= 20:
            return 200, {"errcode": limit, "errmsg": "send too fast, exceed 20 times per minute"}, {}
        self._robots[key] = [*recent, time.time()]
        self.journal.note(service="robot", path=urlsplit(path).path, said=said)
        return 200, {"errcode": 0, "errmsg": "ok"}, {}


def _response(said: dict[str, Any]) -> Answer:
    return 200, {"Response": said}, {}
