"""Alerts to staff in a group chat: the robots of 企业微信 and 钉钉. Never to a debtor.

Both allow twenty messages a minute; 钉钉 shuts a robot out for ten minutes otherwise. The provider's limit keeps to it.
Neither recognises a key, and neither can be asked.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from django.utils.translation import gettext_lazy as _

from liangqing.kit import clock
from liangqing.outreach.channels import posting, signing, sms
from liangqing.outreach.channels.posting import mapping, text
from liangqing.outreach.channels.sending import Fault, Parcel, Receipt, accepted, rejected, unknown

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
DINGTALK = "https://oapi.dingtalk.com/robot/send"
PER_MINUTE = 20
_WECOM_TEXT, _WECOM_MARKDOWN, _DINGTALK_MOST = 2048, 4096, 18_000
"""The most bytes of a message; 钉钉 counts the whole request (20,000)."""

_MINUTE_S, _SHUT_OUT_S = 60.0, 600.0
FAULTS: dict[str, tuple[Fault, float | None]] = {
    "45009": (Fault.BUSY, _MINUTE_S),
    "45033": (Fault.BUSY, _MINUTE_S),
    "130101": (Fault.BUSY, _SHUT_OUT_S),
    "410100": (Fault.BUSY, _SHUT_OUT_S),
    "-1": (Fault.BUSY, _MINUTE_S),
    "93000": (Fault.ACCOUNT, None),
    "40001": (Fault.ACCOUNT, None),
    "40014": (Fault.ACCOUNT, None),
    "300001": (Fault.ACCOUNT, None),
    "310000": (Fault.ACCOUNT, None),
    "400101": (Fault.ACCOUNT, None),
    "400102": (Fault.ACCOUNT, None),
    "400013": (Fault.ACCOUNT, None),
    "40058": (Fault.REQUEST, None),
    "44004": (Fault.REQUEST, None),
    "430101": (Fault.CONTENT, None),
    "430102": (Fault.CONTENT, None),
    "430103": (Fault.CONTENT, None),
    "430104": (Fault.CONTENT, None),
}
"""Whose fault an ``errcode`` is, and after how many seconds it may be tried again."""


@dataclass
class _Robot(ABC):
    """``body`` is sent as text; ``html`` stays unused, a ``subject`` makes it markdown with a title."""

    key: str
    endpoint: str

    idempotent = False

    def send(self, parcel: Parcel) -> Receipt:
        try:
            request = httpx.Request("POST", self._url(), json=self._message(parcel))
        except (httpx.InvalidURL, ValueError) as error:
            return rejected("bad_endpoint", text(str(error)), Fault.REQUEST)
        answer = posting.exchange(request)
        if isinstance(answer, Receipt):
            return answer
        said = mapping(answer.json)
        code = text(said.get("errcode"))
        if code == "0":
            return accepted(code=code)
        if not code:
            return posting.failed(answer) or unknown("no_code", _("The provider's answer can't be read."))
        return sms.by_code(
            code, text(said.get("errmsg")), {f"{known}": what for known, what in FAULTS.items() if known == code}
        )

    def asks(self, key: str, *, to: str = "", on: dt.date | None = None) -> Receipt | None:
        return None

    def check(self) -> Receipt:
        """Only a message shows whether a robot works: it says a word to its group."""
        return self.send(Parcel(to="", key="check", body=str(_("Liangqing can reach this group."))))

    @abstractmethod
    def _url(self) -> str:
        """Where the group's robot is reached, with what proves who asks."""

    @abstractmethod
    def _message(self, parcel: Parcel) -> dict[str, Any]:
        """The message as the provider wants it."""


class Wecom(_Robot):
    """企业微信群机器人."""

    def _url(self) -> str:
        return f"{self.endpoint}?{urlencode({'key': self.key})}"

    def _message(self, parcel: Parcel) -> dict[str, Any]:
        if parcel.subject:
            content = cut(f"**{parcel.subject}**\n{parcel.body}", _WECOM_MARKDOWN)
            return {"msgtype": "markdown", "markdown": {"content": content}}
        return {"msgtype": "text", "text": {"content": cut(parcel.body, _WECOM_TEXT)}}


@dataclass
class Dingtalk(_Robot):
    """钉钉自定义机器人, with 加签 when there is a secret, and the keyword it asks for, if any."""

    secret: str = ""
    keyword: str = ""

    def _url(self) -> str:
        query = {"access_token": self.key}
        if self.secret:
            timestamp = int(clock.now().timestamp() * 1000)
            query |= {"timestamp": str(timestamp), "sign": signing.dingtalk(timestamp, self.secret)}
        return f"{self.endpoint}?{urlencode(query)}"

    def _message(self, parcel: Parcel) -> dict[str, Any]:
        body = parcel.body
        if self.keyword and self.keyword not in f"{parcel.subject}{body}":
            body = f"{body}\n{self.keyword}"
        if parcel.subject:
            content = cut(f"#### {parcel.subject}\n{body}", _DINGTALK_MOST)
            return {"msgtype": "markdown", "markdown": {"title": parcel.subject, "text": content}}
        return {"msgtype": "text", "text": {"content": cut(body, _DINGTALK_MOST)}}


def cut(words: str, most_bytes: int) -> str:
    """At most so many bytes of UTF-8, no character broken."""
    return words.encode()[:most_bytes].decode("utf-8", "ignore")
