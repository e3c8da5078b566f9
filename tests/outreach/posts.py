"""An institution that can write to its customers: providers at local servers, wordings in force, money entered up to today."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from liangqing.kit import clock, sealing
from liangqing.outreach.actions import incoming, messages, providers, templates
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.channels.sending import Receipt, accepted
from liangqing.outreach.models import Incoming, Message, Provider, Source
from liangqing.outreach.rules.wishes import wants_silence
from liangqing.parties.models import Contact, Party
from liangqing.parties.rules.ways import same
from liangqing.people.models import Institution
from liangqing.receivables.models import Receipt as Money
from tests.cast import Cast, Customer, day
from tests.outreach.servers.gateway import SECRET as GATEWAY_SECRET

TODAY = "2026-11-23T10:00:00+08:00"
DOMAIN = "mail.example.com"
VALUES = {"sms": "+8613800{:06d}", "email": "c{}@example.org", "letter": "杭州市解放路{}号"}
KINDS = {"sms": "phone", "email": "email", "letter": "address"}


@dataclass
class Post:
    """The cast, able to write. ``smtp`` and ``gateway`` are ports of local servers."""

    cast: Cast = field(default_factory=Cast)

    def __post_init__(self) -> None:
        Institution.objects.create(
            pk=1, name="杭州两清商业管理有限公司", signer="应收账款管理部", address="杭州市解放路18号",
            callback_phone="0571-88880001", complaint_phone="0571-88880002", email="service@example.com",
            account_name="杭州两清商业管理有限公司", bank="中国工商银行", account="1202020109900012345",
        )  # fmt: skip
        with clock.at("2026-01-05"):
            templates.install_presets()
        self.entered("2026-11-23")

    def entered(self, on: str) -> None:
        """Somebody's money came and was entered on a day."""
        payer = Party.objects.filter(number="PAYER").first() or Party.objects.create(
            number="PAYER", kind="company", name_stored="付款人", name_index=b""
        )
        Money.objects.create(
            party=payer, creditor=self.cast.creditor, number=f"E{on}", received_on=day(on), amount=100, currency="CNY"
        )

    def mail_server(self, port: int, **more: Any) -> Provider:
        config = {
            "host": "127.0.0.1", "port": port, "security": "none", "sender": "bill@example.com", "domain": DOMAIN,
            "bounces": "bounces@example.com", "tagged": True,
        }  # fmt: skip
        return providers.add("smtp", f"邮件{port}", {**config, **more.pop("config", {})}, by=None, **more)

    def gateway(self, port: int, name: str = "短信网关", **more: Any) -> Provider:
        config = {
            "url": f"http://127.0.0.1:{port}/sms", "secret": GATEWAY_SECRET, "signature": "两清", "sender": "10690000",
        }  # fmt: skip
        return providers.add("http_sms", name, {**config, **more.pop("config", {})}, by=None, **more)

    def customer(self, name: str, *, owes: int = 800, kind: str = "person", **values: str) -> Customer:
        """A customer in China who owes since long, reached by the values given (``sms``, ``email``, ``letter``)."""
        found = self.cast.customer(name)
        Party.objects.filter(pk=found.party.pk).update(kind=kind, country="CN")
        found.party.refresh_from_db()
        if owes:
            found.bill(owes, due="2026-09-30")
        for channel, value in values.items():
            self.contact(found, channel, value)
        return found

    def contact(self, customer: Customer, channel: str, value: str = "", role: str = "self", **more: Any) -> Contact:
        written = value or VALUES[channel].format(customer.party.pk)
        return Contact.objects.create(
            party=customer.party, kind=KINDS[channel], role=role, value_stored=sealing.seal(written),
            value_index=sealing.index(same(KINDS[channel], written)), source="contract", **more,
        )  # fmt: skip

    def want(self, customer: Customer, channel: str, content: str = "reminder", **more: Any) -> Want:
        contact = more.pop("contact", None) or Contact.objects.filter(
            party=customer.party, kind=KINDS[channel]
        ).earliest("id")
        return Want(
            party=customer.party, creditor=customer.creditor, channel=channel, content=content, contact=contact,
            **{"step": "night:1", "given": {"collector": "林", "collector_number": "1024"}, **more},
        )  # fmt: skip

    def hears(self, customer: Customer, channel: str, text: str = "想了解一下账单") -> Incoming:
        """They wrote to us."""
        provider = Provider.objects.filter(channel=channel).first() or self.gateway(9)
        sender = Contact.objects.filter(party=customer.party, kind=KINDS[channel]).earliest("id").value
        found = incoming.take(
            provider, kind="reply", named=f"{sender}{text}{clock.now()}", at=clock.now(), sender=sender, text=text,
            silence=wants_silence(text),
        )  # fmt: skip
        assert found is not None
        return found

    def write(self, customer: Customer, channel: str, content: str = "reminder", **more: Any) -> Message:
        """What the night wrote."""
        source = more.pop("source", Source.NIGHT)
        messages.write_many([self.want(customer, channel, content, **more)], by=None, source=source)
        return Message.objects.latest("id")


class Hand:
    """A carrier in the hand of a test: takes what it is given and answers as it is told to."""

    def __init__(self, *answers: Receipt, idempotent: bool = False, asked: Receipt | None = None) -> None:
        self.answers, self.idempotent, self.asked = list(answers), idempotent, asked
        self.taken: list[Any] = []

    def send(self, parcel: Any) -> Receipt:
        self.taken.append(parcel)
        return self.answers.pop(0) if self.answers else accepted(f"id-{uuid.uuid4().hex[:8]}")

    def asks(self, key: str, *, to: str = "", on: Any = None) -> Receipt | None:
        return self.asked

    def check(self) -> Receipt:
        return accepted()
