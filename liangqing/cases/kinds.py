"""The file of contacts an agency reports: which fields it may have and how people and systems call them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from liangqing.imports.fields import Field, FieldType, Kind
from liangqing.parties.kinds import NUMBER_SYNONYMS

CONTACTS = Kind(
    name="contacts",
    label=_("contacts"),
    fields=(
        Field(
            "reference",
            _("number of the contact"),
            FieldType.IDENTIFIER,
            ("contact_id", "contact_no", "reference", "记录编号", "催记编号", "催收记录编号", "流水号", "记录号", "话单号", "通话编号", "call_id",
             "record_id", "序列号"),
        ),
        Field("customer", _("customer number"), FieldType.IDENTIFIER, NUMBER_SYNONYMS),
        Field(
            "case_number",
            _("case number"),
            FieldType.IDENTIFIER,
            ("case", "case_number", "case_no", "案件编号", "案件号", "案号", "个案序列号", "case_serial"),
        ),
        Field(
            "creditor",
            _("creditor"),
            FieldType.IDENTIFIER,
            ("creditor", "company_code", "委托方", "债权人", "委托机构", "公司代码", "法人主体", "entity"),
        ),
        Field(
            "agency",
            _("agency"),
            FieldType.IDENTIFIER,
            ("agency", "催收机构", "委外机构", "外包机构", "机构", "机构名称", "agency_id"),
        ),
        Field(
            "channel",
            _("channel"),
            FieldType.CHOICE,
            ("channel", "渠道", "联系渠道", "催收方式", "联系方式类型", "催收渠道", "触达方式", "行动码", "action_code", "方式"),
            required=True,
            choices={
                "phone": ("phone", "call", "telephone", "voice", "ACT_CALL", "电话", "电催", "电话催收", "外呼", "去电", "拨打", "语音"),
                "sms": ("sms", "text", "text message", "ACT_SMS", "短信", "短信催收", "短讯"),
                "email": ("email", "e-mail", "mail", "ACT_MAIL", "邮件", "电子邮件", "邮件催收"),
                "letter": ("letter", "ACT_LETTER", "信函", "信件", "催收函", "信函催收", "函件", "律师函"),
                "visit": ("visit", "field visit", "ACT_VISIT", "上门", "外访", "上门催收", "走访", "下户"),
                "wechat": ("wechat", "微信", "企业微信"),
                "other": ("other", "其他", "其它"),
            },
        ),
        Field(
            "address",
            _("number or address"),
            FieldType.TEXT,
            ("address", "number", "phone", "号码", "被叫", "被叫号码", "拨打号码", "电话号码", "联系号码", "联系电话", "手机号", "手机", "电话", "called",
             "called_number", "callee", "callee_number", "联系地址", "地址", "外访地址", "to"),
        ),
        Field(
            "contacted_at",
            _("time of the contact"),
            FieldType.TEXT,
            ("at", "contacted_at", "contact_time", "called_at", "call_time", "start_time", "联系时间", "拨打时间", "催收时间", "通话时间", "呼叫时间",
             "开始时间", "跟进时间", "外访时间", "发生时间", "时间", "日期时间", "datetime", "timestamp", "催收日期", "联系日期"),
            required=True,
        ),
        Field(
            "made_by",
            _("made by"),
            FieldType.TEXT,
            ("by", "made_by", "agent", "collector", "collector_id", "催收员", "催员", "坐席", "坐席工号", "经办人", "跟进人", "外访员", "操作人", "工号", "odv"),
        ),
        Field(
            "line",
            _("line used"),
            FieldType.TEXT,
            ("line", "caller", "caller_number", "caller_id", "主叫", "主叫号码", "外显号码", "线路", "外呼号码", "使用号码", "from"),
        ),
        Field(
            "reached",
            _("who was reached"),
            FieldType.CHOICE,
            ("reached", "who", "联系对象", "接听人", "接触对象", "通话对象", "关系", "与债务人关系", "联系人关系", "relation"),
            choices={
                "self": ("self", "customer", "debtor", "本人", "债务人", "客户", "客户本人", "借款人"),
                "family": ("family", "spouse", "relative", "家人", "配偶", "父母", "子女", "亲属", "家属"),
                "colleague": ("colleague", "switchboard", "同事", "单位", "前台", "总机", "公司"),
                "representative": ("representative", "guarantor", "lawyer", "代表", "代理人", "担保人", "保证人", "律师"),
                "other": ("other", "third party", "第三人", "他人", "朋友", "同学", "其他", "其它"),
                "nobody": ("nobody", "none", "无人", "无", "未接通", "未联系到"),
            },
        ),
        Field(
            "result",
            _("what came of it"),
            FieldType.CHOICE,
            ("result", "outcome", "result_code", "结果", "联系结果", "催收结果", "通话结果", "结果码", "跟进结果", "外访结果", "处理结果"),
            required=True,
            choices={
                "promised": ("promised", "PTP", "承诺付款", "承诺还款", "承诺"),
                "cannot_pay": ("cannot_pay", "cannot pay", "暂无能力付款", "无力还款", "无还款能力", "无能力"),
                "refused": ("refused", "RTP", "拒绝付款", "拒绝还款", "拒绝", "拒还"),
                "call_back": ("call_back", "call back", "NEG", "约定再联系", "再联系", "协商跟进", "协商中", "跟进"),
                "dispute_claimed": ("dispute_claimed", "dispute", "DSP", "提出异议", "异议", "有争议", "争议"),
                "complaint": ("complaint", "CMP", "投诉", "投诉预警"),
                "paid_already": ("paid_already", "CP", "称已付款", "声称已还款", "客户声称已还款", "已还款"),
                "third_party_reached": ("third_party_reached", "somebody else", "他人接听", "第三人接听", "家人接听"),
                "left_message": ("left_message", "message left", "MSG", "已留言", "留言", "他人转告", "转告"),
                "sent": ("sent", "已发出", "已发送", "发送成功", "已寄出"),
                "no_answer": ("no_answer", "no answer", "NA", "无人应答", "无人接听", "未接", "未接听", "未接通"),
                "busy": ("busy", "engaged", "BUSY", "忙音", "占线", "通话中"),
                "switched_off": ("switched_off", "switched off", "PH_OFF", "PH_SUSP", "关机或停机", "关机", "停机"),
                "wrong_number": ("wrong_number", "wrong number", "PH_INV", "PH_CHG", "号码错误", "空号", "错号", "易主"),
                "not_found": ("not_found", "not found", "地址查无此人", "查无此人", "地址不存在"),
                "deceased": ("deceased", "DEC", "死亡", "已故", "身故"),
                "insolvent": ("insolvent", "bankrupt", "破产", "注销"),
                "fraud_claimed": ("fraud_claimed", "FRD", "称被冒名", "被冒名", "伪冒", "冒名"),
                "asked_to_stop": ("asked_to_stop", "stop", "要求不再联系", "拒绝联系", "要求停催"),
                "in_hospital": ("in_hospital", "HRD", "患病住院", "住院", "患病"),
            },
        ),
        Field(
            "duration_s",
            _("length of the talk in seconds"),
            FieldType.INTEGER,
            ("duration", "duration_s", "seconds", "talk_seconds", "通话时长", "时长", "通话时长(秒)", "通话秒数", "时长(秒)", "通话长度"),
        ),
        Field(
            "promise_amount",
            _("amount promised"),
            FieldType.AMOUNT,
            ("promise_amount", "ptp_amount", "amount promised", "承诺金额", "承诺还款金额", "承诺付款金额"),
        ),
        Field("currency", _("currency"), FieldType.CURRENCY, ("currency", "币种", "币别")),
        Field(
            "promised_for",
            _("promised for"),
            FieldType.DATE,
            ("promise_date", "promised_for", "ptp_date", "promised on", "承诺日期", "承诺还款日期", "承诺还款日", "承诺付款日期", "承诺付款日"),
        ),
        Field(
            "note",
            _("note"),
            FieldType.TEXT,
            ("note", "notes", "remark", "remarks", "备注", "催记", "催收记录", "跟进内容", "通话内容", "沟通内容", "内容", "催记内容", "说明", "comment"),
        ),
    ),
    needs=(("customer", "case_number"),),
    excludes=("due_date", "到期日", "bill_date", "开票日期", "payment_date", "收款日期"),
)  # fmt: skip
