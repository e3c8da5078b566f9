"""How a mail carries its key, and how the key is found again in what comes back.

A key goes out as the Message-ID ``lq.<key>@domain``, as the envelope id of a delivery status, and, where the mail
server delivers ``name+anything@``, in the envelope sender ``name+<key>.<code>@domain``. The code is keyed, so that
nobody can make up a bounce for a message of which he only knows the key.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from liangqing.kit import sealing
from liangqing.outreach.channels.sending import KEY

_CODE = 10
"""Characters of the keyed code."""


@dataclass(frozen=True)
class Envelope:
    """Under which names the institution's mail goes out: the domain of Message-IDs, and the address bounces return to.

    ``bounces`` may be empty: then they return to the From address. ``tagged``: the server delivers ``name+tag@``.
    """

    domain: str
    bounces: str = ""
    tagged: bool = False

    def message_id(self, key: str) -> str:
        return f"<lq.{key}@{self.domain}>"

    def sender(self, key: str, otherwise: str) -> str:
        """The envelope sender for a key."""
        address = self.bounces or otherwise
        name, _at, domain = address.rpartition("@")
        return f"{name}+{key}.{_code(key)}@{domain}" if self.tagged else address

    def key_in_id(self, text: str) -> str:
        """The key of the last Message-ID of ours in a text; empty when there is none."""
        found = re.findall(rf"lq\.({KEY.pattern})@{re.escape(self.domain)}(?![\w.-])", text.lower())
        return found[-1] if found else ""

    def key_in_address(self, text: str) -> str:
        """The key in an envelope sender of ours that a text names, if its code is right; else empty."""
        if not self.tagged:
            return ""
        name, _at, domain = self.bounces.lower().rpartition("@")
        shape = rf"{re.escape(name)}\+({KEY.pattern})\.([0-9a-f]{{{_CODE}}})@{re.escape(domain)}"
        for key, code in re.findall(shape, text.lower()):
            if hmac.compare_digest(_code(key), code):
                return str(key)
        return ""


def _code(key: str) -> str:
    return hmac.new(sealing.key_for("bounces"), key.encode(), "sha256").hexdigest()[:_CODE]
