"""Text messages by Tencent Cloud 短信 (SMS 2021-01-11), signed with TC3-HMAC-SHA256.

The service is not idempotent. Our key travels as SessionContext and comes back where the service was asked to enable
that; by number and time it can be asked what became of a message. Its pushes are not signed and carry its own id only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import posting, signing, sms
from liangqing.outreach.channels.posting import Answer, mapping, rows, text
from liangqing.outreach.channels.sending import (
    Fault,
    Parcel,
    Receipt,
    accepted,
    not_found,
    rejected,
    unknown,
)

ENDPOINT = "https://sms.tencentcloudapi.com"
VERSION, SERVICE = "2021-01-11", "sms"
CONTENT_TYPE = "application/json"
ZONE = ZoneInfo("Asia/Shanghai")
_PAGE = 100
_MINUTE_S, _HOUR_S, _HALF_MINUTE_S = 60.0, 3600.0, 30.0

FAULTS: dict[str, tuple[Fault, float | None]] = {
    "RequestLimitExceeded": (Fault.BUSY, _MINUTE_S),
    "LimitExceeded.PhoneNumberThirtySecondLimit": (Fault.BUSY, _HALF_MINUTE_S),
    "LimitExceeded.PhoneNumberOneHourLimit": (Fault.BUSY, _HOUR_S),
    "LimitExceeded.PhoneNumber": (Fault.RECIPIENT, None),
    "LimitExceeded.DeliveryFrequencyLimit": (Fault.BUSY, _MINUTE_S),
    "LimitExceeded.GlobalSmsSendingRateLimit": (Fault.BUSY, _MINUTE_S),
    "LimitExceeded": (Fault.ACCOUNT, None),
    "FailedOperation.PhoneNumberInBlacklist": (Fault.RECIPIENT, None),
    "FailedOperation.PhoneNumberParseFail": (Fault.RECIPIENT, None),
    "InvalidParameterValue.IncorrectPhoneNumber": (Fault.RECIPIENT, None),
    "FailedOperation.ContainSensitiveWord": (Fault.CONTENT, None),
    "FailedOperation.Signature": (Fault.CONTENT, None),
    "FailedOperation.MissingSignature": (Fault.CONTENT, None),
    "FailedOperation.Template": (Fault.CONTENT, None),
    "FailedOperation.MissingTemplate": (Fault.CONTENT, None),
    "FailedOperation.MarketingSendTimeConstraint": (Fault.CONTENT, None),
    "InvalidParameterValue.Template": (Fault.CONTENT, None),
    "InvalidParameterValue.ContentLengthLimit": (Fault.CONTENT, None),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": (Fault.CONTENT, None),
    "InvalidParameter.DirtyWordFound": (Fault.CONTENT, None),
    "FailedOperation.InsufficientBalanceInSmsPackage": (Fault.ACCOUNT, None),
    "FailedOperation.NotEnterpriseCertification": (Fault.ACCOUNT, None),
    "UnauthorizedOperation": (Fault.ACCOUNT, None),
    "AuthFailure": (Fault.ACCOUNT, None),
    "InvalidParameterValue.SdkAppIdNotExist": (Fault.ACCOUNT, None),
}
_OPEN = ("InternalError",)
"""Codes that leave open whether the message went out."""


@dataclass
class Tencent:
    secret_id: str
    secret: str
    app_id: str
    signature: str
    templates: sms.Templates
    region: str = "ap-guangzhou"
    endpoint: str = ENDPOINT

    idempotent = False

    def send(self, parcel: Parcel) -> Receipt:
        """One message by SendSms. The provider's id is the SerialNo."""
        number = sms.addressed(parcel)
        template = self.templates(parcel.template_code)
        if isinstance(number, Receipt):
            return number
        if template is None:
            return sms.unapproved()
        values = sms.filled(parcel, template)
        if isinstance(values, Receipt):
            return values
        asked: dict[str, Any] = {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": self.app_id,
            "TemplateId": template.code,
            "SignName": template.signature or self.signature,
            "TemplateParamSet": values,
            "SessionContext": parcel.key,
        }
        if parcel.sender:
            asked["ExtendCode"] = parcel.sender
        said = self._call("SendSms", asked)
        if isinstance(said, Receipt):
            return said
        status = next(iter(rows(said.get("SendStatusSet"))), {})
        code, message = text(status.get("Code")), text(status.get("Message"))
        if code == "Ok":
            return accepted(text(status.get("SerialNo")), code, message)
        return _refused(code, message)

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        """PullSmsSendStatusByPhoneNumber for that day and the next: the statuses that carry our key."""
        if not to or on is None:
            return None
        begin = dt.datetime.combine(on, dt.time(), ZONE)
        offset = 0
        while True:
            said = self._call(
                "PullSmsSendStatusByPhoneNumber",
                {
                    "BeginTime": int(begin.timestamp()),
                    "EndTime": int((begin + dt.timedelta(hours=48)).timestamp()),
                    "Offset": offset,
                    "Limit": _PAGE,
                    "PhoneNumber": to,
                    "SmsSdkAppId": self.app_id,
                },
            )
            if isinstance(said, Receipt):
                return unknown(said.code, said.sentence, fault=said.fault)
            found = rows(said.get("PullSmsSendStatusSet") or [])
            for row in found:
                if text(row.get("SessionContext")) == key:
                    return accepted(text(row.get("SerialNo")), text(row.get("ReportStatus")))
            offset += len(found)
            if len(found) < _PAGE:
                return not_found()

    def pull(self, most: int = _PAGE) -> sms.Arrived | Receipt:
        """The reports and replies that wait at the provider; each is given out once, so they must be kept at once."""
        asked = {"Limit": most, "SmsSdkAppId": self.app_id}
        reported = self._call("PullSmsSendStatus", asked)
        if isinstance(reported, Receipt):
            return reported
        replied = self._call("PullSmsReplyStatus", asked)
        reports = [_pulled_report(row) for row in rows(reported.get("PullSmsSendStatusSet") or [])]
        if isinstance(replied, Receipt):
            return sms.Arrived(reports) if reports else replied
        return sms.Arrived(reports, [_pulled_reply(row) for row in rows(replied.get("PullSmsReplyStatusSet") or [])])

    def check(self) -> Receipt:
        """Ask for the statistics of this hour: key, rights, application and network are right when it answers."""
        hour = clock.now().astimezone(ZONE).strftime("%Y%m%d%H")
        asked = {"BeginTime": hour, "EndTime": hour, "SmsSdkAppId": self.app_id, "Limit": 0, "Offset": 0}
        said = self._call("SendStatusStatistics", asked)
        return said if isinstance(said, Receipt) else accepted(code="Ok")

    def _call(self, action: str, asked: Mapping[str, Any]) -> dict[str, Any] | Receipt:
        """What ``Response`` says, or a receipt of the error in it."""
        try:
            request = self.request(action, asked, at=clock.now())
        except (httpx.InvalidURL, ValueError) as error:
            return rejected("bad_endpoint", text(str(error)), Fault.REQUEST)
        answer = posting.exchange(request)
        if isinstance(answer, Receipt):
            return answer
        said = mapping(mapping(answer.json).get("Response"))
        if wrong := mapping(said.get("Error")):
            return _refused(text(wrong.get("Code")), text(wrong.get("Message")))
        return said or posting.failed(answer) or _unread(answer)

    def request(self, action: str, asked: Mapping[str, Any], *, at: dt.datetime) -> httpx.Request:
        """The signed request."""
        url = httpx.URL(self.endpoint)
        host, body = url.netloc.decode("ascii"), json.dumps(asked).encode()
        authorization = signing.tc3(
            host, CONTENT_TYPE, body, service=SERVICE, at=at, key=self.secret_id, secret=self.secret
        )
        headers = {
            "authorization": authorization,
            "content-type": CONTENT_TYPE,
            "host": host,
            "x-tc-action": action,
            "x-tc-region": self.region,
            "x-tc-timestamp": str(int(at.timestamp())),
            "x-tc-version": VERSION,
        }
        return httpx.Request("POST", url.copy_with(raw_path=b"/"), headers=headers, content=body)


def arrived(pushed: Any) -> sms.Arrived:
    """A push: an array of statuses, or one reply."""
    reports, replies = [], []
    for row in rows(pushed):
        sender = _number(row.get("nationcode"), row.get("mobile"))
        if "report_status" in row:
            reports.append(
                sms.Report(
                    provider_id=text(row.get("sid")),
                    to=sender,
                    state=_state(row.get("report_status")),
                    code=text(row.get("errmsg")),
                    sentence=text(row.get("description")),
                    at=_local(row.get("user_receive_time")),
                )
            )
        elif "text" in row:
            replies.append(
                sms.Reply(
                    sender=sender,
                    text=text(row.get("text"), 2000),
                    at=_instant(row.get("time")),
                    extension=text(row.get("extend")),
                )
            )
    return sms.Arrived(reports, replies)


def _refused(code: str, message: str) -> Receipt:
    if not code or code.startswith(_OPEN):
        return unknown(code or "no_code", message, fault=Fault.BUSY)
    return sms.by_code(code, message, FAULTS)


def _unread(answer: Answer) -> Receipt:
    return unknown(f"http_{answer.status}", _("The provider's answer can't be read."))


def _pulled_report(row: dict[str, Any]) -> sms.Report:
    return sms.Report(
        provider_id=text(row.get("SerialNo")),
        key=text(row.get("SessionContext")),
        to=text(row.get("PhoneNumber")),
        state=_state(row.get("ReportStatus")),
        sentence=text(row.get("Description")),
        at=_instant(row.get("UserReceiveTime")),
    )


def _pulled_reply(row: dict[str, Any]) -> sms.Reply:
    return sms.Reply(
        sender=text(row.get("PhoneNumber")),
        text=text(row.get("ReplyContent"), 2000),
        at=_instant(row.get("ReplyTime")),
        extension=text(row.get("ExtendCode")),
    )


def _state(said: Any) -> sms.Delivery:
    known = {"SUCCESS": sms.Delivery.DELIVERED, "FAIL": sms.Delivery.FAILED}
    return known.get(text(said).upper(), sms.Delivery.UNKNOWN)


def _number(country: Any, number: Any) -> str:
    return f"+{text(country) or '86'}{text(number)}"


def _local(written: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text(written)).replace(tzinfo=ZONE).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _instant(seconds: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(int(seconds), dt.UTC) if seconds else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
