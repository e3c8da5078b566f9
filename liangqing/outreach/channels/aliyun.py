"""Text messages by Aliyun 短信服务 (Dysmsapi 2017-05-25), signed with ACS3-HMAC-SHA256.

The service is not idempotent (its documentation says so), but each message carries our key as OutId, and by number and
day it can be asked what became of it. Its pushes are not signed: whoever serves the callback checks a token.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import numbers, posting, signing, sms
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

ENDPOINT = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
ZONE = ZoneInfo("Asia/Shanghai")
"""Its days and times are China's."""
_MOST_IN_BATCH = 100
_PAGE = 50

_MINUTE_S, _HOUR_S = 60.0, 3600.0
FAULTS: dict[str, tuple[Fault, float | None]] = {
    "isv.BUSINESS_LIMIT_CONTROL": (Fault.BUSY, _HOUR_S),
    "isv.DAY_LIMIT_CONTROL": (Fault.ACCOUNT, None),
    "isv.MONTH_LIMIT_CONTROL": (Fault.ACCOUNT, None),
    "Throttling": (Fault.BUSY, _MINUTE_S),
    "isv.MOBILE_NUMBER_ILLEGAL": (Fault.RECIPIENT, None),
    "isv.BLACK_KEY_CONTROL_LIMIT": (Fault.CONTENT, None),
    "isv.SMS_TEMPLATE_ILLEGAL": (Fault.CONTENT, None),
    "isv.SMS_TEST_TEMPLATE": (Fault.CONTENT, None),
    "isv.SMS_SIGN": (Fault.CONTENT, None),
    "isv.SIGN_STATE_ILLEGAL": (Fault.CONTENT, None),
    "isv.SIGN_NAME_ILLEGAL": (Fault.CONTENT, None),
    "isv.SMS_CONTENT_ILLEGAL": (Fault.CONTENT, None),
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": (Fault.CONTENT, None),
    "isv.PARAM_LENGTH_LIMIT": (Fault.CONTENT, None),
    "isv.PARAM_NOT_SUPPORT_URL": (Fault.CONTENT, None),
    "isv.AMOUNT_NOT_ENOUGH": (Fault.ACCOUNT, None),
    "isv.OUT_OF_SERVICE": (Fault.ACCOUNT, None),
    "isv.ACCOUNT": (Fault.ACCOUNT, None),
    "isv.PRODUCT_UN": (Fault.ACCOUNT, None),
    "isv.DENY_IP_RANGE": (Fault.ACCOUNT, None),
    "isp.RAM_PERMISSION_DENY": (Fault.ACCOUNT, None),
    "InvalidAccessKeyId": (Fault.ACCOUNT, None),
    "SignatureDoesNotMatch": (Fault.ACCOUNT, None),
    "IncompleteSignature": (Fault.ACCOUNT, None),
    "Forbidden": (Fault.ACCOUNT, None),
    "NoPermission": (Fault.ACCOUNT, None),
}
"""Whose fault an error code is, by prefix, and after how many seconds it may be tried again. ``isp.SYSTEM_ERROR`` is
missing on purpose: what the service did before it failed is not known."""


@dataclass
class Aliyun:
    key_id: str
    secret: str
    signature: str
    templates: sms.Templates
    endpoint: str = ENDPOINT

    idempotent = False

    def send(self, parcel: Parcel) -> Receipt:
        """One message by SendSms. The provider's id is the BizId."""
        number = sms.addressed(parcel)
        template = self.templates(parcel.template_code)
        if isinstance(number, Receipt):
            return number
        if template is None:
            return sms.unapproved()
        values = sms.filled(parcel, template)
        if isinstance(values, Receipt):
            return values
        query = {
            "OutId": parcel.key,
            "PhoneNumbers": numbers.national(number),
            "SignName": template.signature or self.signature,
            "TemplateCode": template.code,
        }
        if values:
            query["TemplateParam"] = _json(dict(zip(template.variables, values, strict=True)))
        if parcel.sender:
            query["SmsUpExtendCode"] = parcel.sender
        return self._handed_over("SendSms", query)

    def send_batch(self, parcels: Sequence[Parcel], key: str) -> list[Receipt]:
        """Up to a hundred messages of one template by SendBatchSms, in the order given.

        They share one BizId and, as OutId, the ``key`` of the batch: reports name the message by BizId and number, so
        a number may occur once only. What the provider answers holds for all. Raises ``ValueError`` for more than a
        hundred, several templates, or a number that occurs twice.
        """
        to_send: dict[int, tuple[str, dict[str, str]]] = {}
        receipts: dict[int, Receipt] = {}
        template = self.templates(parcels[0].template_code) if parcels else None
        if len(parcels) > _MOST_IN_BATCH or len({parcel.template_code for parcel in parcels}) > 1:
            raise ValueError("a batch has at most 100 messages of one template")
        for place, parcel in enumerate(parcels):
            number = sms.addressed(parcel)
            values = sms.filled(parcel, template) if template else sms.unapproved()
            if isinstance(number, Receipt):
                receipts[place] = number
            elif isinstance(values, Receipt):
                receipts[place] = values
            else:
                assert template is not None
                named = dict(zip(template.variables, values, strict=True))
                to_send[place] = (numbers.national(number), named)
        if len({number for number, _values in to_send.values()}) < len(to_send):
            raise ValueError("a number occurs twice in a batch")
        if to_send and template is not None:
            query = {
                "OutId": key,
                "PhoneNumberJson": _json([number for number, _values in to_send.values()]),
                "SignNameJson": _json([template.signature or self.signature] * len(to_send)),
                "TemplateCode": template.code,
                "TemplateParamJson": _json([values for _number, values in to_send.values()]),
            }
            receipts |= dict.fromkeys(to_send, self._handed_over("SendBatchSms", query))
        return [receipts[place] for place in range(len(parcels))]

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        """QuerySendDetails by number and day (30 days back at most), looking for our key."""
        if not to or on is None:
            return None
        seen, page = 0, 1
        while True:
            answer = self._call(
                "QuerySendDetails",
                {
                    "PhoneNumber": numbers.national(to),
                    "SendDate": on.strftime("%Y%m%d"),
                    "PageSize": str(_PAGE),
                    "CurrentPage": str(page),
                },
            )
            if isinstance(answer, Receipt):
                return unknown(answer.code, answer.sentence, fault=answer.fault)
            said = mapping(answer.json)
            if text(said.get("Code")) != "OK":
                return unknown(text(said.get("Code")), text(said.get("Message")), fault=Fault.REQUEST)
            details = rows(mapping(said.get("SmsSendDetailDTOs")).get("SmsSendDetailDTO"))
            for row in details:
                if text(row.get("OutId")) == key:
                    return accepted(code=text(row.get("ErrCode")) or text(row.get("SendStatus")))
            seen, page = seen + len(details), page + 1
            total = text(said.get("TotalCount"))
            if not details or not total.isdigit() or seen >= int(total):
                return not_found()

    def check(self) -> Receipt:
        """Ask for one of the templates: key, rights and network are right when the answer is OK."""
        answer = self._call("QuerySmsTemplateList", {"PageIndex": "1", "PageSize": "1"})
        return answer if isinstance(answer, Receipt) else self._receipt(answer)

    def _handed_over(self, action: str, query: dict[str, str]) -> Receipt:
        answer = self._call(action, query)
        return answer if isinstance(answer, Receipt) else self._receipt(answer)

    def _receipt(self, answer: Answer) -> Receipt:
        said = mapping(answer.json)
        code, message = text(said.get("Code")), text(said.get("Message"))
        if code == "OK":
            return accepted(text(said.get("BizId")), code, message)
        if not code:
            return posting.failed(answer) or unknown("no_code", _("The provider's answer can't be read."))
        if code.startswith("isp.SYSTEM_ERROR") or code in ("InternalError", "ServiceUnavailable", "UnknownError"):
            return unknown(code, message, fault=Fault.BUSY)
        return sms.by_code(code, message, FAULTS)

    def _call(self, action: str, query: dict[str, str]) -> Answer | Receipt:
        try:
            request = self.request(action, query, nonce=secrets.token_hex(16), at=clock.now())
        except (httpx.InvalidURL, ValueError) as error:
            return rejected("bad_endpoint", text(str(error)), Fault.REQUEST)
        return posting.exchange(request)

    def request(self, action: str, query: dict[str, str], *, nonce: str, at: dt.datetime) -> httpx.Request:
        """The signed request: RPC style, everything in the query, an empty body."""
        url = httpx.URL(self.endpoint)
        headers = {
            "accept": "application/json",
            "host": url.netloc.decode("ascii"),
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce,
            "x-acs-version": VERSION,
        }
        headers["authorization"] = signing.acs3("POST", "/", query, headers, b"", key=self.key_id, secret=self.secret)
        return httpx.Request(
            "POST", url.copy_with(raw_path=b"/?" + signing.canonical_query(query).encode()), headers=headers
        )


def arrived(pushed: Any) -> sms.Arrived:
    """A push of SmsReport or SmsUp: a JSON array of either. What is neither is left out."""
    reports, replies = [], []
    for row in rows(pushed):
        sender = text(row.get("phone_number"))
        if "success" in row:
            delivered = row["success"] is True or text(row["success"]).lower() == "true"
            size = text(row.get("sms_size"))
            reports.append(
                sms.Report(
                    provider_id=text(row.get("biz_id")),
                    key=text(row.get("out_id")),
                    to=sender,
                    state=sms.Delivery.DELIVERED if delivered else sms.Delivery.FAILED,
                    code=text(row.get("err_code")),
                    sentence=text(row.get("err_msg")),
                    at=_time(row.get("report_time")),
                    segments=int(size[:4]) if size.isascii() and size.isdigit() else 0,
                )
            )
        elif "content" in row:
            replies.append(
                sms.Reply(
                    sender=sender,
                    text=text(row.get("content"), 2000),
                    at=_time(row.get("send_time")),
                    extension=text(row.get("dest_code")),
                    reply_id=text(row.get("sequence_id")),
                )
            )
    return sms.Arrived(reports, replies)


def _time(written: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text(written)).replace(tzinfo=ZONE).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
