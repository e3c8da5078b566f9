"""Mails as they come back, in the shapes servers and people really write them."""

from __future__ import annotations

from email.message import EmailMessage
from email.mime.text import MIMEText

DATE = "Mon, 02 Mar 2026 10:00:00 +0800"


def failure(
    recipient: str,
    returned_to: str,
    original: bytes,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    envelope_id: str = "",
    diagnostic: str = "smtp; 550 5.1.1 user unknown",
) -> bytes:
    """A delivery report of RFC 3464, with the original enclosed."""
    lines = [
        "Return-Path: <>",
        "From: MAILER-DAEMON@mx.example.net",
        f"To: {returned_to}",
        "Subject: Delivery Status Notification",
        "Message-ID: <report@mx.example.net>",
        f"Date: {DATE}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=part",
        "",
        "--part",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "The mail could not be delivered.",
        "--part",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.net",
        *([f"Original-Envelope-Id: {envelope_id}"] if envelope_id else []),
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: {diagnostic}",
        "",
        "--part",
        "Content-Type: message/rfc822",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + original + b"\r\n--part--\r\n"


def prose(returned_to: str, words: str, *, sender: str = "PostMaster@qq.com", subject: str = "系统退信") -> bytes:
    """What Chinese providers write: no report, only a letter, in GB18030."""
    mail = MIMEText(words, "plain", "gb18030")
    mail["From"] = sender
    mail["To"] = returned_to
    mail["Subject"] = subject
    mail["Message-ID"] = "<1234@qq.com>"
    mail["Date"] = DATE
    return mail.as_bytes()


def holiday(sender: str, to: str, answered: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = "自动回复：休假中"
    mail["Auto-Submitted"] = "auto-replied"
    mail["In-Reply-To"] = answered
    mail["Message-ID"] = "<away@example.org>"
    mail["Date"] = DATE
    mail.set_content("我正在休假。")
    return mail.as_bytes()


def answer(sender: str, to: str, answered: str, words: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = "Re: 对账"
    mail["In-Reply-To"] = answered
    mail["References"] = f"<older@example.org> {answered}"
    mail["Message-ID"] = "<answer@example.org>"
    mail["Date"] = DATE
    mail.set_content(words)
    return mail.as_bytes()
