"""Sentences for the language check: such as collectors write every day, and such as may never be said."""

from __future__ import annotations

NEUTRAL_NOTES = """
致电客户本人，核实身份后告知账单金额和到期日，客户表示下周五前安排付款。
客户称已于昨日通过对公账户转账，请财务协助查账。
电话无人接听，稍后再拨。
号码为空号，已标记无效，待补充联系方式。
客户财务负责人出差，约定周三上午十点再联系。
客户对其中一张发票的数量有异议，已登记争议并请业务核对送货单。
客户希望分三期付清，已说明可以提出申请，以审批结果为准。
接听人为前台，已请其转告财务负责人回电，未谈及其他内容。
客户要求寄送纸质对账单，地址已核实。
客户表示资金周转紧张，预计下月十五日回款后支付一半。
已发送对账单至客户邮箱，并电话确认收到。
客户询问利息如何计算，已按合同第八条解释。
客户情绪激动，已安抚并约定明日由主管回电。
上门拜访，客户法定代表人不在，留下联系方式后离开。
客户提出减免违约金，已告知须经审批，并请其提交书面申请。
客户主动来电，确认欠款无误，承诺本月二十五日前付清。
客户称公司更换了开户行，新的付款账户已由财务核实。
客户表示已委托律师处理，后续与其律师联系。
客户对通话被录音无异议，谈话平和。
与客户核对了三张账单，金额一致，客户在对账单上盖章。
客户要求以后只在下午六点之后联系，已登记。
客户要求去法院解决，已转法务评估是否起诉。
客户已提起诉讼，案件材料转交法务。
客户说：“你们这些骗子，再打我就报警”，已礼貌结束通话并记录。
对方称“别再打给我家人电话了”，已登记停止联系。
""".strip().splitlines()

NEUTRAL_MESSAGES = """
尊敬的客户，您在我公司的账单已到期，请您方便时安排付款，如已付款请忽略本信息。
您好，我是远大贸易有限公司应收账款岗的林晓，工号1024，本次通话将被录音。
请问您是华信机械有限公司的财务负责人吗？
为核实身份，请您提供登记手机号码的后四位。
如对账单有异议，请拨打客服电话，我们会在核实后答复您。
请将款项汇入我公司对公账户，并注明账单号。
您可以提出分期付款申请，以审批结果为准。
请勿向任何人提供验证码或密码，我公司工作人员不会索要此类信息。
我公司不会收取任何催收手续费，也不会要求您转到我个人账户。
麻烦您转告他，方便时请回电，谢谢。
抱歉打断您的时间，我稍后再联系您。
感谢您按时付款，祝您工作顺利。
您承诺的付款日为明天，特此提醒。
我们已收到您的退订请求，今后不再向您发送短信。
请坐。牢记您的付款日期即可。
您的还款安排已经登记，我们会在到期前一天提醒您。
Dear customer, your invoice is now past due. Please arrange payment at your earliest convenience.
If you have already paid, please disregard this message and accept our thanks.
You may dispute this amount by writing to us at the address above.
We do not accept payment to a private account. Our staff will never ask for your password.
There is a minor difference between the two invoices; we will issue a corrected one.
This call is recorded. May I speak to the person in charge of accounts payable?
The warehouse made a mistake, and we are sorry for the inconvenience.
Please contact us or else send a short reply to this e-mail, whichever suits you.
""".strip().splitlines()

FORBIDDEN: dict[str, list[str]] = {
    "W1": [
        "再不还钱就找人弄死你",
        "你出门小心点",
        "小心你的腿，我打断你的腿",
        "We know where you live.",
        "别怪我不客气",
    ],
    "W2": ["你就是个老赖", "真是不要脸", "你这個騙子", "You are a deadbeat.", "人渣一个"],
    "W3": ["我是公安局的", "这里是法院执行庭，马上处理", "我们是派出所的", "This is the police.", "我是快递员，开下门"],
    "W4": ["欠钱要坐牢的", "明天警车就来", "你已经被网上追逃了", "You are going to jail.", "我们会刑事立案"],
    "W5": [
        "你会上全国黑名单",
        "影响孩子上学可别后悔",
        "征信永久有污点",
        "This will ruin your credit forever.",
        "影响考公",
    ],
    "W6": ["我们会通知你单位", "告诉你家人你欠了多少", "群发通讯录", "I will call your employer.", "让你同事都知道"],
    "W7": ["你要替他还", "父债子还天经地义", "你是紧急联系人", "Your family must pay.", "叫你爸妈还"],
    "W8": ["天天打你电话", "打到你还为止", "拉横幅去", "We will keep calling until you pay.", "堵你家门"],
    "W9": ["把你的信息曝光", "发到朋友圈", "贴大字报", "We will post your photo.", "挂到网上"],
    "W10": ["你去再借一笔", "信用卡套现也行", "去借网贷还上", "Take out another loan.", "把车卖了"],
    "W11": ["另收上门费两百", "转到我个人账户", "扫我的码", "You can pay me directly in cash.", "打我卡上就行"],
    "W12": ["保证减免一半", "今天还就全免", "包修复征信", "We clean your credit.", "还本金就行"],
    "W13": ["加我微信谈", "加我薇信谈", "打我私人手机，不要打公司电话", "Text my cell.", "私聊我"],
    "W14": ["我在你家门口", "到公司闹", "不开门就砸门", "I am outside your door.", "进去等你"],
    "W15": ["把验证码发我", "提供密码", "报一下你老婆电话", "Tell me your password.", "通讯录发我"],
    "W16": ["你这是诈骗罪", "恶意透支罪", "这就是利滚利", "That is theft.", "你涉嫌诈骗"],
    "W17": ["法律规定必须还", "签个字而已", "欠债没有时效", "Just sign it.", "先还一点意思意思"],
    "W18": ["她说不想活了", "客户在住院", "他父亲去世", "The debtor is pregnant.", "客户未成年"],
    "W19": ["今天不还就让你坐牢", "三天内不还，我们就上门抓人", "If you do not pay today you go to jail."],
    "W20": ["你们河南人都这样", "脑残吗", "残废还借钱", "You people never pay.", "刁民"],
}
"""Sentences that must be found, by the category that finds them."""
