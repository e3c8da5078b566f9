"""Files as the group's finance system exports them: comma-separated, GB18030, Chinese headers."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

from liangqing.house.demo.customers import Customer
from liangqing.house.demo.ledger import Bill, Payment
from liangqing.kit.money import plain

_KINDS = {
    "invoice": "货款", "credit_note": "红字发票", "instalment": "分期", "deposit": "履约保证金", "retention": "质保金",
}  # fmt: skip
_MISSPELT = 0.3
"""How often a bill or slip spells the name otherwise, where there is another spelling."""


def companies(path: Path, customers: Iterable[Customer]) -> Path:
    """The master data of companies."""
    head = (
        "客户编号", "客户名称", "客户类型", "统一社会信用代码", "客户等级", "账期", "联系人", "联系电话", "邮箱", "地址",
        "城市", "国别", "语言",
    )  # fmt: skip
    return _write(
        path,
        head,
        (
            (
                customer.number, customer.name, "企业", customer.identity, customer.customer_class,
                str(customer.terms_days), customer.contact, customer.phone, customer.email, customer.street, customer.city,
                customer.country, customer.language,
            )
            for customer in customers
            if customer.kind == "company"
        ),
    )  # fmt: skip


def persons(path: Path, customers: Iterable[Customer]) -> Path:
    """The master data of natural persons."""
    head = ("客户编号", "姓名", "客户类型", "身份证号", "客户等级", "手机号码", "电子邮箱", "联系地址", "城市")
    return _write(
        path,
        head,
        (
            (
                customer.number, customer.name, "个人", customer.identity, customer.customer_class, customer.phone,
                customer.email, customer.street, customer.city,
            )
            for customer in customers
            if customer.kind == "person"
        ),
    )  # fmt: skip


def invoices(path: Path, bills: Sequence[Bill], random: Random, misdated: Mapping[str, str] | None = None) -> Path:
    """Bills of trade. ``misdated``: by bill number a due date that was mistyped."""
    head = (
        "账单号", "开票主体", "客户编号", "客户名称", "开票日期", "到期日", "价税合计", "币种", "款项性质", "业务员",
        "合同号", "合同到期日", "清账日期", "备注",
    )  # fmt: skip
    wrong = misdated or {}
    return _write(
        path,
        head,
        (
            (
                bill.number, bill.creditor, bill.customer.number, _spelt(bill.customer, random), _day(bill.issued_on),
                wrong.get(bill.number, _day(bill.due_on)), _amount(bill.asked, bill.currency), _currency(bill.currency),
                _KINDS[bill.kind], bill.seller, bill.contract, _day(bill.contract_ends_on), _day(bill.cleared_on),
                bill.reference,
            )
            for bill in bills
        ),
    )  # fmt: skip


def instalments(path: Path, bills: Sequence[Bill]) -> Path:
    """Instalments, by principal, interest and penalty."""
    head = (
        "应收单号", "开票主体", "客户编号", "客户姓名", "起息日", "应还日期", "应收金额", "应还本金", "应还利息", "罚息",
        "币种", "款项类型", "客户经理", "合同编号", "结清日期", "摘要",
    )  # fmt: skip
    return _write(
        path,
        head,
        (
            (
                bill.number, bill.creditor, bill.customer.number, bill.customer.name, _day(bill.issued_on),
                _day(bill.due_on), _amount(bill.asked, bill.currency), _amount(bill.principal, bill.currency),
                _amount(bill.interest, bill.currency), _amount(bill.penalty, bill.currency), _currency(bill.currency), _KINDS[bill.kind],
                bill.seller, bill.contract, _day(bill.cleared_on), bill.reference,
            )
            for bill in bills
        ),
    )  # fmt: skip


def payments(path: Path, came: Sequence[Payment], random: Random, mistyped: Mapping[str, int] | None = None) -> Path:
    """Receipts as the bank shows them. ``mistyped``: by payment number an amount that was entered wrongly."""
    head = ("收款单号", "收款单位", "客户编号", "付款单位", "到账日期", "收款金额", "币种", "发票号", "摘要")
    wrong = mistyped or {}
    return _write(
        path,
        head,
        (
            (
                payment.number, payment.creditor, payment.customer.number, _spelt(payment.customer, random),
                _day(payment.received_on), _amount(wrong.get(payment.number, payment.amount), payment.currency),
                _currency(payment.currency), payment.bill, payment.reference,
            )
            for payment in came
        ),
    )  # fmt: skip


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def _spelt(customer: Customer, random: Random) -> str:
    if customer.spellings and random.random() < _MISSPELT:
        return random.choice(customer.spellings)
    return customer.name


def _day(day: dt.date | None) -> str:
    return f"{day:%Y/%m/%d}" if day else ""


def _amount(amount: int, currency: str) -> str:
    whole, point, rest = plain(amount, currency).partition(".")
    return f"{int(whole):,}{point}{rest}" if not whole.startswith("-0") else plain(amount, currency)


def _currency(code: str) -> str:
    return {"CNY": "人民币", "USD": "美元"}[code]
