"""The file of customers: which fields it may have and how people and systems call them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from liangqing.imports.fields import Field, FieldType, Kind

NUMBER_SYNONYMS = (
    "customer_id", "customer_number", "customer_no", "cust_number", "客户编号", "客户号", "客户代码", "客户编码", "KUNNR",
    "customer", "customer code", "account_no", "账户号", "往来单位编码", "单位编码", "债务人编号", "户号", "party_number",
    "debtor_id", "debtor number", "sold-to party", "customer account", "cust_id", "会员号", "customerID",
)  # fmt: skip
NAME_SYNONYMS = (
    "name", "customer_name", "name_customer", "客户名称", "客户姓名", "客户", "名称", "姓名", "单位名称", "往来单位", "公司名称",
    "购货单位", "债务人", "债务人名称", "欠款单位", "NAME1", "customer name", "company", "company name", "debtor", "debtor name",
    "购买方名称", "付款单位", "付款人",
)  # fmt: skip

CUSTOMERS = Kind(
    name="customers",
    label=_("customers"),
    fields=(
        Field("number", _("customer number"), FieldType.IDENTIFIER, NUMBER_SYNONYMS, required=True),
        Field("name", _("customer name"), FieldType.TEXT, NAME_SYNONYMS, required=True),
        Field(
            "kind",
            _("kind of customer"),
            FieldType.CHOICE,
            ("kind", "customer_type", "客户类型", "客户性质", "类型", "party kind"),
            choices={
                "company": ("company", "business", "organisation", "organization", "corporate", "企业", "公司", "单位", "法人", "对公", "机构"),
                "person": ("person", "consumer", "individual", "private", "个人", "自然人", "对私", "零售"),
            },
        ),
        Field(
            "identity",
            _("identity number"),
            FieldType.IDENTIFIER,
            ("uscc", "统一社会信用代码", "社会信用代码", "纳税人识别号", "税号", "身份证号", "身份证号码", "证件号码", "证件号", "identity_number",
             "id_number", "tax number", "STCD1", "STCD5", "vat number"),
        ),
        Field("email", _("e-mail"), FieldType.TEXT, ("email", "e-mail", "电子邮箱", "邮箱", "电子邮件", "SMTP_ADDR", "mail")),
        Field(
            "phone",
            _("phone"),
            FieldType.TEXT,
            ("phone", "mobile", "手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "TELF1", "TELF2", "telephone", "tel"),
        ),
        Field("contact", _("contact person"), FieldType.TEXT, ("contact", "联系人", "contact_name", "contact person")),
        Field("street", _("street"), FieldType.TEXT, ("street", "地址", "联系地址", "通讯地址", "详细地址", "STRAS", "address")),
        Field("postcode", _("postcode"), FieldType.TEXT, ("postcode", "postal code", "zip", "邮编", "邮政编码", "PSTLZ")),
        Field("city", _("city"), FieldType.TEXT, ("city", "城市", "所在城市", "ORT01", "地区", "区域", "area", "region")),
        Field("country", _("country"), FieldType.TEXT, ("country", "国家", "LAND1", "国别", "country code")),
        Field("language", _("language"), FieldType.TEXT, ("language", "语言", "SPRAS")),
        Field("terms_days", _("payment term in days"), FieldType.INTEGER, ("terms_days", "账期", "账期天数", "信用天数", "付款期限", "payment terms days")),
        Field(
            "customer_class",
            _("customer class"),
            FieldType.CHOICE,
            ("customer_class", "class", "客户等级", "客户级别", "信用等级", "客户分类", "等级", "rating", "KLABC"),
            choices={"A": ("A", "A级", "A类"), "B": ("B", "B级", "B类"), "C": ("C", "C级", "C类"), "D": ("D", "D级", "D类")},
        ),
    ),
    needs=(("number",), ("name",)),
    excludes=("number", "issued_on", "baseline_on", "due_on", "cleared_on", "received_on", "bill", "amount", "open_amount", "received", "principal", "账龄", "逾期天数", "days overdue", "days past due"),
    beside=(
        "注册资本", "注册资金", "实收资本", "成立日期", "成立时间", "注册日期", "营业期限", "有效期", "有效期至", "证件有效期", "授信额度", "信用额度",
        "授信金额", "授信有效期", "额度", "年收入", "月收入", "年营业额", "出生日期", "生日", "创建日期", "创建时间", "建档日期", "开户日期", "开户时间",
        "入网日期", "录入日期", "录入时间", "登记日期", "修改日期", "修改时间", "更新日期", "更新时间", "最后更新", "最近联系日期", "首次合作日期",
        "合作开始日期", "签约日期", "下单日期", "最近交易日期", "credit limit", "credit_limit", "KLIMK", "registered capital", "ERDAT", "created",
        "created on", "created_at", "changed on", "updated", "updated_at", "last modified", "birthday", "date of birth", "birth_date",
        "customer since", "valid from", "valid to", "valid until", "last contact", "last order", "annual revenue",
    ),
)  # fmt: skip
