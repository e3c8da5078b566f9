"""E-mail: what goes out, what it means when it does not, and what comes back into the mailbox."""

from __future__ import annotations

import datetime as dt
import email
import ipaddress
import socket
import ssl
import subprocess
import sys
import time
from email import policy
from email.message import EmailMessage

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangqing.outreach.channels import inbox, mail, smtp
from liangqing.outreach.channels.calls import Exchange
from liangqing.outreach.channels.envelope import Envelope
from liangqing.outreach.channels.failing_over import Next, next_step
from liangqing.outreach.channels.gateway import Gateway
from liangqing.outreach.channels.imap import Mailbox, MailboxFailed, Mark
from liangqing.outreach.channels.inbox import Kind
from liangqing.outreach.channels.sending import Attachment, Fault, Parcel, State
from liangqing.outreach.channels.smtp import Smtp
from tests.outreach.servers import gateway, mails
from tests.outreach.servers import imap as imap_server
from tests.outreach.servers import smtp as smtp_server
from tests.outreach.servers.imap import ImapServer
from tests.outreach.servers.journal import Journal
from tests.outreach.servers.smtp import SmtpServer

OURS = Envelope("mail.example.com", "bounces@example.com", tagged=True)
KEY = "0190-bill-7"
FIRST_DAY = dt.date(2026, 1, 1)


@pytest.fixture
def server(tmp_path):
    with SmtpServer(tmp_path) as server:
        yield server


def carrier(server, **options):
    return Smtp(
        "127.0.0.1", server.port, "bill@example.com", OURS, sender_name="华信集团财务部", security="none", **options
    )


def parcel(to="li@example.org", **more):
    return Parcel(to=to, key=KEY, **{"subject": "对账单：三月", "body": "您好，请查收。", **more})


def arrived(server):
    (line,) = server.journal.lines()
    return line, email.message_from_string(line["raw"], policy=policy.default)


class TestSending:
    def test_a_mail_arrives_with_its_chinese_subject_text_and_attachment(self, server):
        letter = Attachment("催收函.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")
        receipt = carrier(server).send(parcel(html="<p>您好</p>", attachments=(letter,)))
        assert (receipt.state, receipt.provider_id) == (State.ACCEPTED, "<lq.0190-bill-7@mail.example.com>")
        line, came = arrived(server)
        assert line["raw"].isascii()
        assert came["Subject"] == "对账单：三月"
        assert came["From"].addresses[0].display_name == "华信集团财务部"
        assert came.get_body(("plain",)).get_content().strip() == "您好，请查收。"
        (attached,) = came.iter_attachments()
        assert (attached.get_filename(), attached.get_content()) == ("催收函.pdf", b"%PDF-1.7 \x00\xff")

    def test_the_key_goes_with_it_in_every_way_it_can_come_back(self, server):
        carrier(server).send(parcel())
        line, came = arrived(server)
        assert OURS.key_in_id(came["Message-ID"]) == KEY
        assert OURS.key_in_address(line["sender"]) == KEY
        assert line["asked"] == {
            "RET": "hdrs",
            "ENVID": KEY,
            "NOTIFY": "success,failure,delay",
            "ORCPT": "rfc822;li@example.org",
        }

    def test_no_delivery_status_is_asked_of_a_server_that_offers_none(self, tmp_path):
        with SmtpServer(tmp_path, offers_status=False) as server:
            assert carrier(server).send(parcel()).accepted
            assert server.journal.lines()[0]["asked"] == {}

    def test_one_click_unsubscribing_is_offered_with_an_https_address(self, server):
        carrier(server).send(parcel(unsubscribe="https://example.com/u/1"))
        _line, came = arrived(server)
        assert came["List-Unsubscribe"] == "<https://example.com/u/1>"
        assert came["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_a_line_that_begins_with_a_dot_survives(self, server, monkeypatch):
        def bare(parcel, **_more):
            letter = EmailMessage(policy=policy.SMTP)
            letter["Message-ID"] = "<x@mail.example.com>"
            letter.set_content(".\n..\nend\n", cte="7bit")
            return letter

        monkeypatch.setattr(mail, "compose", bare)
        assert carrier(server).send(parcel()).accepted
        _line, came = arrived(server)
        assert came.get_content() == ".\r\n..\r\nend\r\n"

    def test_a_subject_can_not_smuggle_a_header_in(self, server):
        assert carrier(server).send(parcel(subject="三月\r\nBcc: other@example.org")).accepted
        line, came = arrived(server)
        assert (came["Bcc"], line["recipient"]) == (None, "li@example.org")

    @pytest.mark.parametrize("name", ["Bcc", "Message-ID", "X-A\r\nBcc"])
    def test_no_header_of_the_envelope_can_be_set_from_outside(self, server, name):
        receipt = carrier(server).send(parcel(headers={name: "x"}))
        assert (receipt.code, server.journal.lines()) == ("bad_message", [])

    @pytest.mark.parametrize(
        "to", ["", "li", "li@", "@x.org", "a@b@c.org", "li@x.org\r\nRCPT TO:<z@x.org>", "l i@x.org"]
    )
    def test_what_is_no_address_is_the_recipients_fault_and_nothing_is_sent(self, server, to):
        receipt = carrier(server).send(parcel(to))
        assert (receipt.state, receipt.fault, server.journal.lines()) == (State.REJECTED, Fault.RECIPIENT, [])

    def test_a_chinese_address_is_sent_where_the_server_takes_it(self, server):
        assert carrier(server).send(parcel("李雷@例子.中国")).accepted
        line, _came = arrived(server)
        assert line["recipient"] == "李雷@xn--fsqu00a.xn--fiqs8s"

    @pytest.mark.parametrize(
        ("to", "code", "fault", "retry"),
        [
            ("refused@x.org", "5.1.1", Fault.RECIPIENT, False),
            ("spam@x.org", "5.7.1", Fault.CONTENT, False),
            ("later@x.org", "4.2.0", Fault.BUSY, True),
        ],
    )
    def test_a_refusal_says_whose_fault_it_is_and_whether_to_try_again(self, server, to, code, fault, retry):
        receipt = carrier(server).send(parcel(to))
        assert (receipt.state, receipt.code, receipt.fault, receipt.retry) == (State.REJECTED, code, fault, retry)
        assert (receipt.retry_after_s is not None) is retry
        assert server.journal.lines() == []

    def test_hanging_up_after_the_mail_was_taken_leaves_it_unknown_and_it_is_not_sent_again(self, server):
        receipt = carrier(server).send(parcel("drop@x.org"))
        assert (receipt.state, receipt.retry) == (State.UNKNOWN, False)
        assert len(server.journal.lines()) == 1
        assert next_step(receipt, ["unreachable"]) is Next.ASK

    def test_hanging_up_before_the_mail_was_written_may_be_tried_again(self, server):
        receipt = carrier(server).send(parcel("cut@x.org"))
        assert (receipt.state, receipt.fault, receipt.retry) == (State.REJECTED, Fault.UNREACHABLE, True)
        assert server.journal.lines() == []

    def test_a_server_that_is_not_there_may_be_tried_again(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        receipt = Smtp("127.0.0.1", port, "bill@example.com", OURS, security="none").send(parcel())
        assert (receipt.state, receipt.code, receipt.retry) == (State.REJECTED, "not_connected", True)

    def test_a_silent_server_leaves_nothing_sent(self, monkeypatch):
        monkeypatch.setattr(smtp, "_TIMEOUT_S", 0.3)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            receipt = Smtp("127.0.0.1", silent.getsockname()[1], "b@example.com", OURS, security="none").send(parcel())
        assert (receipt.state, receipt.retry) == (State.REJECTED, True)

    def test_a_login_is_used_and_a_wrong_one_is_the_accounts_fault(self, tmp_path):
        with SmtpServer(tmp_path, login=True) as server:
            right = {"username": smtp_server.USERNAME, "password": smtp_server.PASSWORD}
            assert carrier(server, **right).send(parcel()).accepted
            assert server.journal.lines()[0]["login"] is True
            wrong = carrier(server, **{**right, "password": "x"})
            assert (wrong.send(parcel()).fault, wrong.check().fault) == (Fault.ACCOUNT, Fault.ACCOUNT)
            assert carrier(server, **right).check().accepted

    def test_encryption_that_was_asked_for_is_never_done_without(self, server):
        plain = Smtp("127.0.0.1", server.port, "bill@example.com", OURS, security="starttls")
        receipt = plain.send(parcel())
        assert (receipt.code, receipt.state, server.journal.lines()) == ("not_supported", State.REJECTED, [])


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that signs itself: ``(what a server shows, what trusts it)``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    shown, hidden = tmp_path / "shown.pem", tmp_path / "hidden.pem"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    hidden.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shows.load_cert_chain(shown, hidden)
    return shows, ssl.create_default_context(cafile=str(shown))


def test_a_mail_goes_encrypted_to_a_server_we_trust_and_to_no_other(tmp_path, certificate, monkeypatch):
    shows, trusts = certificate
    with SmtpServer(tmp_path, tls=shows) as server:
        carrier = Smtp("127.0.0.1", server.port, "bill@example.com", OURS, security="starttls")
        assert (carrier.send(parcel()).code, server.journal.lines()) == ("certificate", [])
        monkeypatch.setattr(smtp, "_trusted", lambda: trusts)
        assert carrier.send(parcel()).accepted and len(server.journal.lines()) == 1


class TestMailbox:
    @pytest.fixture
    def server(self, tmp_path):
        with ImapServer(tmp_path, strict=True) as server:
            yield server

    def box(self, server, password=imap_server.PASSWORD, **more):
        return Mailbox("127.0.0.1", server.port, imap_server.USERNAME, password, security="none", **more)

    def test_each_mail_is_fetched_once(self, server):
        box = self.box(server)
        server.folder.deliver(b"Subject: one\r\n\r\n1")
        server.folder.deliver(b"Subject: two\r\n\r\n2")
        first = box.fetch(Mark(), first_day=FIRST_DAY)
        assert [uid for uid, _raw in first.mails] == [1, 2]
        assert first.mails[1][1] == b"Subject: two\r\n\r\n2"
        assert box.fetch(first.mark, first_day=FIRST_DAY).mails == []
        server.folder.deliver(b"Subject: three\r\n\r\n3")
        third = box.fetch(first.mark, first_day=FIRST_DAY)
        assert ([uid for uid, _raw in third.mails], third.mark, third.renumbered) == ([3], Mark(1, 3), False)

    def test_what_is_older_than_the_first_day_is_never_fetched(self, server):
        server.folder.deliver(b"Subject: old\r\n\r\n", on=dt.date(2025, 12, 31))
        box = self.box(server)
        mark = box.fetch(Mark(), first_day=FIRST_DAY).mark
        assert mark == Mark(1, 1)
        assert box.fetch(mark, first_day=FIRST_DAY).mails == []

    def test_a_new_numbering_begins_again_from_the_first_day_and_says_so(self, server):
        server.folder.deliver(b"Subject: old\r\n\r\n", on=dt.date(2025, 12, 31))
        server.folder.deliver(b"Subject: one\r\n\r\n")
        box = self.box(server)
        mark = box.fetch(Mark(), first_day=FIRST_DAY).mark
        server.folder.renumber()
        again = box.fetch(mark, first_day=FIRST_DAY)
        assert (again.renumbered, again.mark, len(again.mails)) == (True, Mark(2, 2), 1)

    def test_more_mails_than_one_go_takes_come_in_the_next(self, server, monkeypatch):
        from liangqing.outreach.channels import imap

        monkeypatch.setattr(imap, "_AT_ONCE", 2)
        for number in range(5):
            server.folder.deliver(b"Subject: %d\r\n\r\n" % number)
        box, mark, seen, more = self.box(server), Mark(), [], True
        while more:
            fetched = box.fetch(mark, first_day=FIRST_DAY)
            seen += [uid for uid, _raw in fetched.mails]
            mark, more = fetched.mark, fetched.more
        assert seen == [1, 2, 3, 4, 5]

    def test_of_a_huge_mail_only_the_beginning_is_fetched(self, server, monkeypatch):
        from liangqing.outreach.channels import imap

        monkeypatch.setattr(imap, "MOST_BYTES", 1000)
        server.folder.deliver(b"Subject: huge\r\n\r\n" + b"x" * 5000)
        ((_uid, raw),) = self.box(server).fetch(Mark(), first_day=FIRST_DAY).mails
        assert len(raw) == 1000

    def test_a_wrong_password_is_the_accounts_fault(self, server):
        box = self.box(server, password="x")
        with pytest.raises(MailboxFailed) as failed:
            box.fetch(Mark(), first_day=FIRST_DAY)
        assert failed.value.receipt.fault is Fault.ACCOUNT
        assert box.check().fault is Fault.ACCOUNT and self.box(server).check().accepted

    def test_a_folder_that_is_not_there_is_said(self, server):
        assert self.box(server, folder="其他").check().code == "no_folder"

    def test_mails_are_marked_as_read_only_when_that_is_asked(self, server):
        uid = server.folder.deliver(b"Subject: one\r\n\r\n")
        box = self.box(server)
        box.fetch(Mark(), first_day=FIRST_DAY)
        assert not [line for line in server.journal.lines() if line["command"] == "STORE"]
        box.mark_seen([uid])
        assert server.journal.lines()[-1]["flags"] == r"\Seen"


class TestReading:
    ORIGINAL = b"Message-ID: <lq.0190-bill-7@mail.example.com>\r\nSubject: x\r\n\r\nbody"

    def read(self, raw):
        return inbox.read(raw, OURS)

    @pytest.mark.parametrize(
        ("action", "status", "kind", "permanent"),
        [
            ("failed", "5.1.1", Kind.BOUNCE, True),
            ("failed", "4.4.7", Kind.BOUNCE, False),
            ("delayed", "4.4.1", Kind.DELAYED, None),
            ("delivered", "2.0.0", Kind.DELIVERED, None),
            ("relayed", "2.0.0", Kind.RELAYED, None),
        ],
    )
    def test_a_delivery_report_is_understood(self, action, status, kind, permanent):
        raw = mails.failure("li@example.org", "bounces@example.com", self.ORIGINAL, action=action, status=status)
        read = self.read(raw)
        assert (read.kind, read.status, read.permanent) == (kind, status, permanent)
        assert (read.recipient, read.key) == ("li@example.org", KEY)
        assert "user unknown" in read.diagnostic

    def test_a_report_is_matched_by_its_envelope_id_when_it_encloses_nothing_of_ours(self):
        raw = mails.failure("li@example.org", "b@example.com", b"Subject: x\r\n\r\n", envelope_id=KEY)
        assert self.read(raw).key == KEY

    def test_a_report_is_matched_by_the_address_it_returned_to(self):
        raw = mails.failure("li@example.org", OURS.sender(KEY, ""), b"Subject: x\r\n\r\n")
        assert self.read(raw).key == KEY

    def test_nobody_can_make_up_an_address_bounces_return_to(self):
        forged = OURS.sender(KEY, "").replace("bill-7", "bill-8")
        assert self.read(mails.failure("li@example.org", forged, b"Subject: x\r\n\r\n")).key == ""

    def test_a_chinese_provider_bounces_in_prose(self):
        words = (
            "很抱歉，您发给 li@qq.com 的邮件被退回：550 5.1.1 收件人不存在。原邮件 <lq.0190-bill-7@mail.example.com>"
        )
        read = self.read(mails.prose("bill@example.com", words))
        assert (read.kind, read.status, read.permanent, read.key) == (Kind.BOUNCE, "5.1.1", True, KEY)
        assert "收件人不存在" in read.text

    def test_a_bounce_in_prose_without_a_reason_stays_open(self):
        read = self.read(mails.prose("bill@example.com", "对方服务器拒绝了这封邮件。"))
        assert (read.kind, read.status, read.permanent) == (Kind.BOUNCE, "", None)

    def test_a_holiday_notice_is_no_answer(self):
        read = self.read(mails.holiday("li@example.org", "bill@example.com", f"<lq.{KEY}@mail.example.com>"))
        assert (read.kind, read.key) == (Kind.AUTOMATIC, KEY)

    @pytest.mark.parametrize(
        "header",
        ["X-Autoreply: yes", "Precedence: auto_reply", "Auto-Submitted: auto-replied", "Subject: Out of Office"],
    )
    def test_every_way_a_machine_says_that_it_is_one(self, header):
        raw = f"From: li@example.org\r\n{header}\r\nIn-Reply-To: <lq.{KEY}@mail.example.com>\r\n\r\nx".encode()
        assert self.read(raw).kind is Kind.AUTOMATIC

    def test_an_answer_is_matched_to_what_it_answers(self):
        raw = mails.answer("Li@Example.org", "bill@example.com", f"<lq.{KEY}@mail.example.com>", "周五付款")
        read = self.read(raw)
        assert (read.kind, read.key, read.text, read.sender) == (Kind.REPLY, KEY, "周五付款", "li@example.org")
        assert read.at == dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)

    def test_a_mail_that_answers_nothing_of_ours_is_other_mail(self):
        raw = mails.answer("li@example.org", "bill@example.com", "<lq.0190-bill-7@elsewhere.org>", "hello")
        assert (self.read(raw).kind, self.read(raw).key) == (Kind.OTHER, "")

    @pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030", "utf-8", "big5", "x-nonsense"])
    def test_chinese_is_read_whatever_it_claims_to_be(self, charset):
        written = "下周付款".encode(
            {"big5": "gb18030", "x-nonsense": "gb18030", "gb2312": "gb18030"}.get(charset, charset)
        )
        raw = b"From: li@example.org\r\nContent-Type: text/plain; charset=%s\r\n\r\n%s" % (charset.encode(), written)
        if charset != "big5":  # what lies about its charset and still decodes can't be told
            assert self.read(raw).text == "下周付款"
        assert self.read(raw).kind is Kind.OTHER

    def test_a_rare_character_in_what_calls_itself_gb2312_is_read(self):
        raw = b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "朱镕基㐀𠮷".encode("gb18030")
        assert self.read(raw).text == "朱镕基㐀𠮷"

    def test_the_dot_in_a_name_is_the_one_people_write(self):
        raw = b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "买买提·吾守尔——".encode("gb18030")
        assert self.read(raw).text == "买买提·吾守尔——"

    def test_a_mail_of_html_alone_is_read_without_its_scripts(self):
        raw = (
            b"Content-Type: text/html; charset=utf-8\r\n\r\n"
            + "<style>x{}</style><p>周五</p><script>1</script>付".encode()
        )
        assert self.read(raw).text == "周五\n付"

    def test_the_round_trip_of_a_bounce_through_both_servers(self, tmp_path):
        with SmtpServer(tmp_path) as out, ImapServer(tmp_path) as back:
            assert carrier(out).send(parcel("bounced@example.org")).accepted
            box = Mailbox("127.0.0.1", back.port, imap_server.USERNAME, imap_server.PASSWORD, security="none")
            ((_uid, raw),) = box.fetch(Mark(), first_day=FIRST_DAY).mails
        read = self.read(raw)
        assert (read.kind, read.key, read.recipient) == (Kind.BOUNCE, KEY, "bounced@example.org")


HEADERS = st.sampled_from(
    "From To Subject Date Message-ID In-Reply-To References Content-Type Content-Disposition Auto-Submitted "
    "Content-Transfer-Encoding Return-Path X-Failed-Recipients Status Action Final-Recipient Original-Envelope-Id".split()
)
VALUES = st.one_of(
    st.sampled_from(
        [
            b"multipart/report; boundary=b",
            b"message/delivery-status",
            b"text/plain; charset=\xff\xfe",
            b"text/html; charset*0*=utf-8''%zz; charset*1*=x",
            b"=?gb18030?B?!!!!?=",
            b"=?utf-16?Q?=ff?=",
            b"base64",
            b"x-uuencode",
            b"attachment; filename*0*=''%",
            b"<lq.0190-bill-7@mail.example.com>",
            b'"\\" <<a@b>> (((',
            b"Mon, 99 Foo 99999999999 99:99:99 +9999999",
        ]
    ),
    st.binary(max_size=60),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.just(b"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--"),
    st.just(b"--b\r\n" * 40),
    st.just(b"begin 666 \xff\r\n!!!\r\nend"),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(HEADERS, VALUES), max_size=12), BODIES)
def test_no_mail_whatever_it_holds_stops_the_reading(headers, body):
    raw = (
        b"".join(name.encode() + b": " + value.replace(b"\n", b" ") + b"\r\n" for name, value in headers)
        + b"\r\n"
        + body
    )
    read = inbox.read(raw, OURS)
    assert read.kind in Kind and len(read.text) <= 100_000 and len(read.subject) <= 500
    assert "\n" not in read.subject + read.sender + read.diagnostic
    (read.subject + read.text + read.sender_name + read.diagnostic + "".join(read.attachments)).encode()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_stop_the_reading(raw):
    assert inbox.read(raw, OURS).kind in Kind


def test_a_mail_nested_a_thousand_times_is_given_up_calmly():
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1500))
    assert inbox.read(raw, OURS).kind in Kind
    assert inbox.read(b"Content-Type: message/rfc822\r\n\r\n" * 3000, OURS).kind in Kind


BOMBS = {
    "html": b"Content-Type: text/html\r\n\r\n" + b"<a <p " * 800_000,
    "a header": b"Content-Type: text/plain; " + b"a*0*=x; " * 600_000 + b"\r\n\r\nx",
    "a folded header": b"Content-Type: text/plain" + b";\r\n a*0*=x" * 400_000 + b"\r\n\r\nx",
    "a name": b"Content-Disposition: attachment; "
    + b";".join(b"filename*%d=x" % n for n in range(200_000))
    + b"\r\n\r\n",
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 1_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_mail_made_to_keep_the_reader_busy_does_not(bomb):
    begun = time.process_time()
    assert inbox.read(BOMBS[bomb], OURS).kind is Kind.OTHER
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("<p>金额 3 < 5</p>", "金额 3 < 5"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("<!--[if mso]><p>x</p><![endif]-->ok &amp; &#20184;", "ok & 付"),
        ("<div class='a'>一</div><div>二<br/>三</div>", "一\n二\n三"),
        ("<script>if (a<b) x()</script>ok<style>", "ok"),
    ],
)
def test_the_words_of_html(marked, words):
    raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + marked.encode()
    assert inbox.read(raw, OURS).text == words


@pytest.mark.parametrize("kind", ["smtp", "call"])
def test_what_a_server_process_took_is_recorded_even_when_it_is_killed(kind, tmp_path):
    command = [sys.executable, "-m", "tests.outreach.servers", kind, "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().removeprefix("ready "))
            if kind == "smtp":
                out = Smtp("127.0.0.1", port, "bill@example.com", OURS, security="none")
                assert out.send(parcel()).accepted
            else:
                exchange = Exchange(Gateway(f"http://127.0.0.1:{port}/calls", gateway.SECRET), ("95588",))
                assert exchange.send(Parcel(to="13800000000", key=KEY)).accepted
        finally:
            process.kill()
    (line,) = Journal(tmp_path, kind).lines()
    assert KEY in line["key"]
