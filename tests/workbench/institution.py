"""A small institution for the faces: the demo's people, a few customers of each department, one night.

The night of 2026-06-30 is done and it is the morning after. Who may see which customer is told here from who answers
for it, not asked of the code that is tested.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

from django.db.models import Model
from django.test import Client

from liangqing.api.actions import clients
from liangqing.api.models import Client as Program
from liangqing.api.models import Delivery, Webhook
from liangqing.approvals.actions import delegations
from liangqing.approvals.models import Request
from liangqing.cases.actions import grace, promises, records
from liangqing.cases.actions.files import Upload
from liangqing.cases.models import Attachment, Campaign, Case, Promise, Share, Task
from liangqing.house.demo import cast
from liangqing.house.night import PLAN
from liangqing.imports.models import Import
from liangqing.kit import clock, files, sealing
from liangqing.kit.money import Money
from liangqing.nightly.actions import trial
from liangqing.nightly.actions.run import run
from liangqing.outreach.actions import lines, messages, providers, reviews, switches, templates
from liangqing.outreach.actions.messages import Want
from liangqing.outreach.models import (
    Addressee,
    Attempt,
    Dispatch,
    Incoming,
    LetterBatch,
    Line,
    Message,
    Provider,
    ProviderTemplate,
    Review,
    Round,
    Stop,
    Switch,
    Template,
    TemplateVersion,
    Visit,
    VisitFile,
)
from liangqing.parties.actions import restraints
from liangqing.parties.models import Contact, Party, Restraint
from liangqing.people.actions import certificates
from liangqing.people.models import Certificate, Department, User
from liangqing.policy.actions import trials, versions
from liangqing.policy.models import Trial, Version
from liangqing.receivables.models import Allocation, Bill, Receipt
from liangqing.trail.models import Entry
from liangqing.warning.models import Alert
from liangqing.workbench.models import NightOrder
from liangqing.workbench.models import Upload as Uploaded
from tests.files import Desk

TODAY = dt.date(2026, 6, 30)
EVE = dt.datetime(2026, 6, 29, 19)
PASSWORD = cast.PASSWORD

POSITIONS = {
    "lin": "collector",
    "wang": "seller",
    "zhou": "head of a business department",
    "xu": "head of collection",
    "gao": "risk",
    "qian": "finance",
    "fang": "legal",
    "luo": "audit",
    "shen": "manager",
    "admin": "administrator",
}
"""One person for each position: login name, and what the person is."""

LIMITED = ("lin", "wang", "zhou", "xu")
"""Those who reach only their own work, or their department's."""

COLLEAGUES = {
    "zhou": {"zhou", "wang", "sun", "zhao"},
    "xu": {"xu", "lin", "chen", "wu"},
}
"""Whose work a head reaches."""

_CUSTOMERS = """\
客户编号,客户名称,客户类型,电话
E1,东岳重工机械有限公司,企业,13800000011
E2,东篱包装材料有限公司,企业,13800000012
S1,南粤五金制品有限公司,企业,13800000021
S2,南屿海产贸易有限公司,企业,13800000022
C1,中柘电子科技有限公司,企业,13800000031
C2,中楠物流有限公司,企业,13800000032
C3,中桐建材有限公司,企业,13800000033
C4,中榆纺织有限公司,企业,13800000034
C5,中槐食品有限公司,企业,13800000035
C6,中栎印务有限公司,企业,13800000036
C7,中桦家具有限公司,企业,13800000037
C8,=cmd|'/c calc'!A1,企业,13800000038
X1,远航船务有限公司,企业,13800000041
G1,张若涵,个人,13800000051
"""

_BILLS = """\
账单号,客户编号,开票日期,到期日,金额,业务员,币种
BE1-1,E1,2026-05-01,2026-06-20,1200.50,王磊,CNY
BE1-2,E1,2026-06-01,2026-12-31,98000.00,王磊,CNY
BE2-1,E2,2026-05-01,2026-06-18,800.00,孙丽,CNY
BE2-2,E2,2026-06-01,2026-12-31,88000.00,孙丽,CNY
BS1-1,S1,2026-05-01,2026-06-19,900.00,黄海燕,CNY
BS1-2,S1,2026-06-01,2026-12-31,91000.00,黄海燕,CNY
BS2-1,S2,2026-05-01,2026-06-19,700.00,梁伟,CNY
BS2-2,S2,2026-06-01,2026-12-31,70000.00,梁伟,CNY
BC1-1,C1,2026-03-01,2026-06-20,100000.00,,CNY
BC2-1,C2,2026-03-01,2026-06-21,20000.00,,CNY
BC3-1,C3,2026-03-01,2026-06-21,30000.00,,CNY
BC4-1,C4,2026-03-01,2026-06-21,40000.00,,CNY
BC5-1,C5,2026-03-01,2026-06-21,50000.00,,CNY
BC6-1,C6,2026-03-01,2026-06-21,60000.00,,CNY
BC7-1,C7,2026-03-01,2026-06-21,70000.00,,CNY
BC8-1,C8,2026-03-01,2026-06-21,80000.00,,CNY
BX1-1,X1,2025-06-01,2025-09-01,550000.00,,CNY
BG1-1,G1,2026-05-01,2026-06-20,800.00,王磊,CNY
BG1-2,G1,2026-06-01,2026-12-31,60000.00,王磊,CNY
BX1-2,X1,2026-05-01,2026-06-01,5000.00,,USD
"""

_PAYMENTS = "收款单号,客户编号,账单号,收款日期,收款金额\n" + "".join(
    f"P{bill.removeprefix('B')},{customer},{bill},2026-06-25,100.00\n"
    for bill, customer in (line.split(",")[:2] for line in _BILLS.splitlines()[1:])
    if bill.endswith("-1")
)


def found(folder: Path) -> None:
    """Hire everybody, bring the ledger in, run the night, and let every customer be called and promise something."""
    with clock.at(EVE):
        people = cast.hire()
        desk = Desk(folder)
        for text in (_CUSTOMERS, _BILLS, _PAYMENTS):
            result = desk.bring(text, by=people["qian"])
            assert not result.rejected, result
    with clock.at(dt.datetime.combine(TODAY, dt.time(0))):
        run(TODAY, PLAN)
    with clock.at(TODAY):
        draft = versions.draft(title="收紧中度门槛", from_on=TODAY + dt.timedelta(days=30), by=people["gao"])
        trial.carry_out(trials.ask(draft, as_of=TODAY, by=people["gao"]), PLAN)
        NightOrder.objects.create(
            date=TODAY, user=people["admin"], asked_at=clock.now(), language="zh-hans", state=NightOrder.State.DONE
        )
        program, _key = clients.issue("ERP", ["finance"], 600, people["admin"])
        hook = Webhook.objects.create(
            client=program,
            url="https://erp.example/hook",
            secret_stored="",
            events=["case.opened"],
            from_entry=0,
            registered_at=clock.now(),
        )
        Delivery.objects.create(
            webhook=hook,
            first_entry=1,
            last_entry=1,
            count=1,
            events=[],
            state="failed",
            made_at=clock.now(),
            next_try_at=clock.now(),
        )
        templates.install_presets()
        templates.draft(
            Template.objects.earliest("id"), body="{{ institution }}：请付款，否则上门。", by=people["fang"]
        )
        _set_up_channels(people)
        LetterBatch.objects.create(made_by=people["fang"], made_at=clock.now())
        landed = Import.objects.earliest("id")
        Uploaded.objects.create(
            file=landed.file,
            sha256=landed.sha256,
            size=1000,
            user=people["qian"],
            uploaded_at=landed.landed_at,
            language="zh-hans",
            state=Uploaded.State.LANDED,
            kind=landed.kind,
            imported=landed,
        )
        for case in Case.objects.select_related("party", "owner").order_by("id"):
            paper = Upload(f"对账单 {case.party.number}.txt", f"{case.party.name}的对账单".encode())
            records.record(case, channel="phone", result="busy", reached="nobody", by=case.owner, attachments=[paper])
            reviews.examine(
                "再不付款就上门堵门", source=f"record/{case.records.latest('id').pk}", kind=Review.Kind.RECORD,
                regime="cn_business", party=case.party, case=case.number, author=case.owner,
            )  # fmt: skip
            restraints.place(case.party, "hours", reason="只在下午接电话", hours=(720, 1320), by=case.owner)
            _written_to(case)
            promises.record(case, amount=Money(10_000, "CNY"), due_on=TODAY + dt.timedelta(days=7), by=case.owner)
            shared = Campaign.objects.create(name="均分", by=case.owner, at=clock.now())
            Share.objects.create(campaign=shared, case=case, before=case.owner, after=case.owner)
            _visit(case, people["gao"])
        _ask_for_grace()


def _visit(case: Case, companion: User) -> None:
    """Whoever has the case visited the customer, and a photograph was taken."""
    owner, now = case.owner, clock.now()
    assert owner is not None
    trip = Round.objects.create(
        area="城东", on=TODAY, state="under_way", planned_by=owner, planned_at=now, started_at=now
    )  # fmt: skip
    trip.people.set([owner, companion])
    stop = Stop.objects.create(
        round=trip, place=1, party=case.party, creditor=case.creditor, case=case.number, recipient="self",
        address_stored=sealing.seal("城东路1号"),
    )  # fmt: skip
    visit = Visit.objects.create(
        stop=stop, party=case.party, creditor=case.creditor, by=owner, at=now, on=TODAY, written_at=now,
        result="no_answer", met="nobody",
    )  # fmt: skip
    picture = b"\xff\xd8\xff\xe0" + case.number.encode()
    VisitFile.objects.create(
        visit=visit, kind="photo", sha256=files.keep(picture), size=len(picture), media_type="image/jpeg",
        name_stored=sealing.seal("door.jpg"),
    )  # fmt: skip


def _set_up_channels(people: dict[str, User]) -> None:
    """A gateway nobody answers at, a line of another channel, a stop that was lifted, a dispatch and a certificate."""
    admin = people["admin"]
    gateway = {"url": "http://127.0.0.1:9/sms", "secret": "s", "signature": "两清", "sender": "10690000"}
    cloud = providers.add("http_sms", "短信网关", gateway, by=admin)
    version = TemplateVersion.objects.filter(template__channel="sms", state="approved").earliest("id")
    providers.submit_template(cloud, version.name, "SMS_1", by=admin)
    lines.register("wechat", "两清服务", name="服务号", by=admin)
    switches.stop(reason="措辞有误", channel="letter", by=admin)
    switches.resume(Switch.objects.get(), by=admin)
    for case in Case.objects.select_related("owner").order_by("id"):
        sent = Dispatch.objects.create(
            name="六月提醒", channel="sms", content="reminder", by=case.owner, made_at=clock.now()
        )
        Addressee.objects.create(dispatch=sent, party_id=case.party_id, creditor_id=case.creditor_id, case=case.number)
    until = TODAY + dt.timedelta(days=30)
    certificates.grant(people["wu"], "collection", from_on=TODAY, until_on=until, by=admin)


def _written_to(case: Case) -> None:
    """A text message to the customer that waits, and an answer of the customer to it, dealt with."""
    contact = Contact.objects.filter(party=case.party, kind="phone").earliest("id")
    want = Want(
        party=case.party, creditor=case.creditor, channel="sms", content="reminder", contact=contact, step="night:1",
        case=case.number, not_before=dt.datetime(2026, 7, 1, 9, tzinfo=clock.zone()),
    )  # fmt: skip
    messages.write_many([want], by=None, source="night")
    Incoming.objects.create(
        provider=Provider.objects.get(), channel="sms", kind="reply", their_id=case.number, at=clock.now(),
        came_at=clock.now(), party=case.party, case=case.number, message=Message.objects.get(case=case.number),
        sender_stored=contact.value_stored, text_stored=sealing.seal(f"{case.party.name}：周五付款"),
        handled_at=clock.now(), handled_by=case.owner,
    )  # fmt: skip


def _ask_for_grace() -> None:
    """Grace is asked for each case by whoever has it, also where no such thing could be given: so every customer has a
    request. 钱 and 方 stand in for 周, so that those who see everything but requests have some to see."""
    day = TODAY + dt.timedelta(days=5)
    with patch.object(grace, "_demand_open_and_mild", lambda _case: None):
        for case in Case.objects.select_related("owner").order_by("id"):
            paper = Upload(f"付款说明 {case.number}.txt", "月底付款".encode())
            grace.ask(case, day, f"{case.number} 的客户月底付款", case.owner, attachments=[paper])
    zhou = User.objects.get(username="zhou")
    for name in ("qian", "fang"):
        stand_in = User.objects.get(username=name)
        delegations.delegate(zhou, stand_in, from_on=TODAY, until_on=day, reason="出差", by=zhou)


@dataclass(frozen=True)
class Customer:
    """A customer of the institution with all that hangs on it, for addresses to be filled from."""

    party: Party

    def __str__(self) -> str:
        return self.party.number

    @cached_property
    def case(self) -> Case:
        return Case.objects.get(party=self.party)

    @cached_property
    def task(self) -> Task:
        return Task.objects.filter(party=self.party).latest("id")

    @cached_property
    def promise(self) -> Promise:
        return Promise.objects.get(case=self.case)

    @cached_property
    def campaign(self) -> Campaign:
        return Share.objects.get(case=self.case).campaign

    @cached_property
    def attachment(self) -> Attachment:
        return Attachment.objects.get(record__case=self.case)

    @cached_property
    def request(self) -> Request:
        return Request.objects.get(subject_kind="case", subject_id=self.case.pk)

    @cached_property
    def allocation(self) -> Allocation:
        return Allocation.objects.filter(bill__party=self.party).earliest("id")

    @cached_property
    def bill(self) -> Bill:
        return Bill.objects.filter(party=self.party).earliest("id")

    @cached_property
    def receipt(self) -> Receipt:
        return Receipt.objects.filter(party=self.party).earliest("id")

    @cached_property
    def alert(self) -> Alert:
        return Alert.objects.filter(party=self.party).earliest("id")

    @cached_property
    def attempt(self) -> Attempt:
        return Attempt.objects.filter(party=self.party).earliest("id")

    @cached_property
    def review(self) -> Review:
        return Review.objects.filter(party=self.party).earliest("id")

    @cached_property
    def stop(self) -> Stop:
        return Stop.objects.select_related("visit").get(party=self.party)

    @cached_property
    def message(self) -> Message:
        return Message.objects.filter(party=self.party).earliest("id")

    @cached_property
    def answer(self) -> Incoming:
        return Incoming.objects.filter(party=self.party).earliest("id")

    @cached_property
    def restraint(self) -> Restraint:
        return Restraint.objects.filter(party=self.party).earliest("id")

    @cached_property
    def contact(self) -> Contact:
        return Contact.objects.filter(party=self.party).earliest("id")

    # What belongs to no customer, so that every address is filled in from one thing:

    @property
    def imported(self) -> Import:
        return Import.objects.earliest("id")

    @property
    def upload(self) -> Uploaded:
        return Uploaded.objects.get()

    @property
    def order(self) -> NightOrder:
        return NightOrder.objects.get()

    @property
    def trial(self) -> Trial:
        return Trial.objects.earliest("id")

    @property
    def policy(self) -> Version:
        return Version.objects.get()

    @property
    def wording(self) -> TemplateVersion:
        """One in draft, of a template whose first wording is in force."""
        return TemplateVersion.objects.filter(state="draft").earliest("id")

    @property
    def letters(self) -> LetterBatch:
        return LetterBatch.objects.earliest("id")

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch.objects.get(addressees__case=self.case.number)

    @property
    def provider(self) -> Provider:
        return Provider.objects.get()

    @property
    def provider_template(self) -> ProviderTemplate:
        return ProviderTemplate.objects.get()

    @property
    def line(self) -> Line:
        return Line.objects.get()

    @property
    def switch(self) -> Switch:
        return Switch.objects.get()

    @property
    def certificate(self) -> Certificate:
        return Certificate.objects.get()

    @property
    def program(self) -> Program:
        return Program.objects.get()

    @property
    def webhook(self) -> Webhook:
        return Webhook.objects.get()

    @property
    def delivery(self) -> Delivery:
        return Delivery.objects.get()

    @property
    def entry(self) -> Entry:
        return Entry.objects.earliest("id")

    @property
    def person(self) -> User:
        return User.objects.get(username="wu")

    @property
    def department(self) -> Department:
        return Department.objects.get(code="collection")

    @property
    def linked(self) -> set[str]:
        """Login names of those who answer for this customer: its seller, whoever has the case or a task."""
        rows: list[Model | None] = [
            self.case.owner,
            *(task.owner for task in Task.objects.filter(party=self.party).select_related("owner")),
            *(bill.seller for bill in Bill.objects.filter(party=self.party).select_related("seller")),
        ]
        return {row.username for row in rows if isinstance(row, User)}

    @property
    def marks(self) -> set[str]:
        """What would give this customer away if somebody saw it on a page."""
        bills = Bill.objects.filter(party=self.party).values_list("number", flat=True)
        receipts = Receipt.objects.filter(party=self.party).values_list("number", flat=True)
        return {self.party.name, self.case.number, *bills, *receipts}


class Institution:
    """The institution as it stands in the morning."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], Client] = {}

    def user(self, username: str) -> User:
        return User.objects.get(username=username)

    def client_of(self, username: str, language: str = "zh-hans") -> Client:
        """A browser without scripts in which this person is signed in."""
        key = (username, language)
        if key not in self._clients:
            client = Client()
            client.force_login(self.user(username))
            client.cookies["liangqing_language"] = language
            self._clients[key] = client
        return self._clients[key]

    @cached_property
    def customers(self) -> list[Customer]:
        return [Customer(party) for party in Party.objects.order_by("id")]

    def customer(self, number: str) -> Customer:
        return next(customer for customer in self.customers if customer.party.number == number)

    def of(self, username: str) -> list[Customer]:
        """The customers this person may see; everybody's for those who are not limited."""
        if username not in LIMITED:
            return self.customers
        reached = COLLEAGUES.get(username, {username})
        return [customer for customer in self.customers if customer.linked & reached]

    def foreign_to(self, username: str) -> list[Customer]:
        """The customers this person must not learn of."""
        own = {str(customer) for customer in self.of(username)}
        return [customer for customer in self.customers if str(customer) not in own]
