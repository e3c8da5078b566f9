"""The files of bills and payments: which fields they may have and how people and systems call them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from liangqing.imports.fields import Field, FieldType, Kind
from liangqing.parties.kinds import NAME_SYNONYMS, NUMBER_SYNONYMS

_CREDITOR = (
    "creditor", "company_code", "business_code", "公司代码", "BUKRS", "法人主体", "开票主体", "所属公司", "收款单位", "债权人", "账套",
    "company code", "委托方", "entity", "核算主体",
)  # fmt: skip
_CURRENCY = (
    "currency",
    "币种",
    "invoice_currency",
    "WAERS",
    "币别",
    "原币",
    "currency code",
    "document currency",
    "货币",
    "crcy",
    "curr.",
    "local currency",
    "货币码",
)
_SIDE = Field(
    "side",
    _("debit or credit"),
    FieldType.CHOICE,
    ("debit_credit", "SHKZG", "借贷", "借贷方向", "借贷标识", "debit/credit indicator", "d/c"),
    choices={"debit": ("S", "D", "debit", "借", "借方"), "credit": ("H", "C", "credit", "贷", "贷方")},
)

BILLS = Kind(
    name="bills",
    label=_("bills"),
    fields=(
        Field(
            "number",
            _("bill number"),
            FieldType.IDENTIFIER,
            ("bill_id", "bill_number", "bill_no", "账单号", "账单编号", "invoice_no", "invoice_number", "doc_id", "BELNR",
             "凭证编号", "凭证号", "会计凭证", "单据编号", "单据号", "单据号码", "document number", "document no", "发票号码", "发票号",
             "发票编号", "票号", "单号", "doc number", "doc. no.", "documentno", "应收单编号", "借据号", "借据编号", "应收单号", "invoice_id", "invoice", "VBELN", "结算单号", "invoicenumber", "invoice #"),
        ),
        Field("customer", _("customer number"), FieldType.IDENTIFIER, NUMBER_SYNONYMS),
        Field("customer_name", _("customer name"), FieldType.TEXT, NAME_SYNONYMS),
        Field("creditor", _("creditor"), FieldType.IDENTIFIER, _CREDITOR),
        Field(
            "issued_on",
            _("bill date"),
            FieldType.DATE,
            ("bill_date", "issue_date", "issued_on", "账单日期", "开票日期", "invoice_date", "invoicedate", "单据日期", "document_create_date.1", "BLDAT",
             "document date", "document_date", "document_create_date", "凭证日期", "posting_date", "BUDAT", "过账日期", "记账日期",
             "doc. date", "doc date", "date of invoice", "发票日期", "立账日期", "业务日期", "出账日期", "放款日期", "baseline_create_date", "起息日"),
        ),
        Field("baseline_on", _("baseline date"), FieldType.DATE, ("ZFBDT", "baseline date", "baseline_date", "基准日期", "到期计算基准日")),
        Field(
            "due_on",
            _("due date"),
            FieldType.DATE,
            ("due_date", "due_in_date", "due_on", "duedate", "到期日", "到期日期", "应收日期", "应付日期", "应还日期", "应还款日", "付款到期日", "还款日",
             "还款日期", "net due date", "FAEDT", "NETDT", "约定付款日", "收款到期日", "due", "due on", "payment due date", "net due dt", "net due",
             "最迟付款日", "应收到期日", "应收日", "付款期限日", "截止付款日", "付款截止日", "账款到期日"),
        ),
        Field("terms_days", _("payment term in days"), FieldType.INTEGER, ("terms_days", "账期", "账期天数", "信用天数", "ZBD1T", "付款天数", "net days")),
        Field(
            "amount",
            _("amount"),
            FieldType.AMOUNT,
            ("amount", "金额", "账单金额", "发票金额", "价税合计", "应收金额", "invoice_amount", "invoiceamount", "total_amount", "WRBTR", "原币金额",
             "amount in document currency", "amount in doc. curr.", "amount in doc. cur.", "document currency amount", "gross amount",
             "invoice total", "original amount", "bill amount", "total", "含税金额", "本期应收", "本期应收金额", "应收款", "应收款金额",
             "应收账款", "应收账款金额", "原始金额", "开票金额", "合计金额", "总金额", "账款金额", "应还金额", "DMBTR", "本币金额", "本位币金额",
             "amount in local currency", "amount in lc", "amount in loc.cur.", "amt in loc.cur.", "local currency amount", "lc amount", "逾期金额"),
        ),
        Field(
            "open_amount",
            _("open amount"),
            FieldType.AMOUNT,
            ("open_amount", "未收金额", "未清金额", "应收余额", "欠款余额", "total_open_amount", "未收", "未收款", "未收款金额", "未付金额", "未付",
             "未还金额", "未核销金额", "未结金额", "未结清金额", "未清余额", "未收余额", "剩余未收", "未回款金额", "未回款", "待收金额", "待回款金额", "剩余金额", "剩余应收", "剩余应还金额", "尚欠金额",
             "欠款金额", "欠款", "欠费金额", "应收账款余额", "期末余额", "余额", "open amt", "amount open", "amount due",
             "balance due", "amount outstanding", "outstanding amount", "outstanding", "outstanding balance", "open balance",
             "remaining amount", "amount remaining", "balance", "unpaid amount", "amount unpaid", "residual amount"),
        ),
        Field(
            "received",
            _("amount already received"),
            FieldType.AMOUNT,
            ("received_amount", "已收金额", "已收款", "已收款金额", "已收", "已付金额", "已付", "已还金额", "已核销金额", "已回款", "已回款金额",
             "累计收款", "累计已收", "累计收款金额", "累计回款", "amount paid", "amount received", "paid to date"),
        ),
        Field("principal", _("principal"), FieldType.AMOUNT, ("principal", "本金", "应还本金", "剩余本金")),
        Field("interest", _("interest"), FieldType.AMOUNT, ("interest", "利息", "应还利息")),
        Field("penalty", _("penalty"), FieldType.AMOUNT, ("penalty", "罚息", "违约金", "滞纳金", "late fee")),
        Field("fee", _("fee"), FieldType.AMOUNT, ("fee", "费用", "手续费", "fees")),
        Field("currency", _("currency"), FieldType.CURRENCY, _CURRENCY),
        Field(
            "kind",
            _("kind of bill"),
            FieldType.CHOICE,
            ("bill_kind", "账单类型", "款项性质", "款项类型", "应收类型", "bill type"),
            choices={
                "invoice": ("invoice", "发票", "货款", "应收款", "服务费", "应收账款", "销售"),
                "credit_note": ("credit_note", "credit note", "credit memo", "红字发票", "红票", "退货", "贷项通知单", "贷项"),
                "instalment": ("instalment", "installment", "分期", "期供", "贷款"),
                "deposit": ("deposit", "押金", "保证金", "履约保证金", "投标保证金"),
                "retention": ("retention", "质保金", "质量保证金", "尾款质保"),
            },
        ),
        _SIDE,
        Field("reference", _("reference"), FieldType.TEXT, ("reference", "备注", "摘要", "XBLNR", "参考", "参考号", "SGTXT", "remark", "note", "text")),
        Field("contract", _("contract number"), FieldType.IDENTIFIER, ("contract_no", "contract", "合同号", "合同编号", "contract number")),
        Field("contract_ends_on", _("end of the contract"), FieldType.DATE, ("contract_ends_on", "合同到期日", "合同终止日", "质保到期日", "contract end date", "合同结束日期")),
        Field("seller", _("seller"), FieldType.TEXT, ("seller", "业务员", "销售员", "销售人员", "客户经理", "责任人", "sales person", "salesperson", "owner", "经办人")),
        Field("cleared_on", _("clearing date"), FieldType.DATE, ("clear_date", "SettledDate", "清账日期", "结清日期", "AUGDT", "clearing date", "settled_on", "核销日期", "收款日期", "cleared_on", "结清日")),
    ),
    needs=(
        ("number",),
        ("customer", "customer_name"),
        ("due_on", "terms_days", "issued_on", "baseline_on"),
        ("amount", "open_amount", "principal"),
    ),
    excludes=("payment_id", "payment_no", "payment_number", "payment_date", "receipt_no", "收款单号", "收款编号", "到账日期"),
)  # fmt: skip

PAYMENTS = Kind(
    name="payments",
    label=_("payments"),
    fields=(
        Field(
            "number",
            _("payment number"),
            FieldType.IDENTIFIER,
            ("payment_id", "payment_no", "payment_number", "收款单号", "收款编号", "流水号", "交易流水号", "receipt_no", "回单号", "银行流水号",
             "凭证号", "凭证编号", "单据编号", "BELNR", "transaction_id", "document number", "document no", "doc. no."),
        ),
        Field("customer", _("customer number"), FieldType.IDENTIFIER, NUMBER_SYNONYMS),
        Field("customer_name", _("customer name"), FieldType.TEXT, NAME_SYNONYMS),
        Field("creditor", _("creditor"), FieldType.IDENTIFIER, _CREDITOR),
        Field(
            "bill",
            _("bill number"),
            FieldType.IDENTIFIER,
            ("bill_id", "bill_number", "bill_no", "账单号", "账单编号", "invoice_no", "invoice_number", "发票号码", "发票号", "核销单号",
             "应收单号", "借据号", "REBZG", "invoice", "核销账单"),
        ),
        Field(
            "received_on",
            _("payment date"),
            FieldType.DATE,
            ("payment_date", "received_on", "收款日期", "到账日期", "付款日期", "还款日期", "交易日期", "paid_on", "receipt_date", "入账日期",
             "posting_date", "BUDAT", "过账日期", "记账日期", "value date"),
            required=True,
        ),
        Field(
            "amount",
            _("amount"),
            FieldType.AMOUNT,
            ("amount", "收款金额", "到账金额", "付款金额", "还款金额", "金额", "贷方金额", "收入金额", "WRBTR", "paid_amount", "payment_amount", "回款金额"),
            required=True,
        ),
        Field("currency", _("currency"), FieldType.CURRENCY, _CURRENCY),
        Field("reference", _("reference"), FieldType.TEXT, ("reference", "备注", "摘要", "附言", "用途", "SGTXT", "XBLNR", "remark", "note")),
    ),
    needs=(("received_on",), ("amount",), ("customer", "customer_name", "bill")),
    excludes=("due_on", "bill_date", "账龄", "逾期天数", "days overdue", "days past due"),
)  # fmt: skip
