"""The seven attitudes 七类客户 debtors show, how each is recognised, what helps and what to avoid (P4-3).

The source lists how field staff deal with each type. Two of its pieces of advice are not taken over, because they
would be pressure or a threat: calling or visiting until the debtor gives in, and using legal consequences to frighten.
What stands in their place says so plainly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Words = Mapping[str, str]
"""The same sentence in Chinese and English: ``{"zh": …, "en": …}``; see ``words.spoken``."""


@dataclass(frozen=True)
class Attitude:
    """One type: its name, how to tell it, what to do in order, and what to avoid."""

    code: str
    name: Words
    signs: Words
    guidance: tuple[Words, ...]
    avoid: tuple[Words, ...]


def _said(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


ATTITUDES: dict[str, Attitude] = {
    each.code: each
    for each in (
        Attitude(
            "provoker",
            _said("挑衅型", "provoker"),
            _said(
                "言语或肢体带有攻击性；情绪过去后往往最容易谈成。",
                "Aggressive in word or gesture; once calm, often the easiest to settle with.",
            ),
            (
                _said("先弄清敌意从何而来。", "Find out where the hostility comes from."),
                _said("让对方把话说完，说出遇到的挫折。", "Let them have their say and tell what went wrong for them."),
                _said("表示理解对方的难处。", "Show that you understand their difficulty."),
                _said("等对方冷静下来，再一起找解决办法。", "When they are calm, look for a way out together."),
            ),
            (
                _said("不要以硬碰硬，不要争输赢。", "Never meet force with force; do not argue to win."),
                _said(
                    "对方辱骂或威胁时不要回应，礼貌结束通话并记录。",
                    "Do not answer abuse or threats; end the call politely and record it.",
                ),
            ),
        ),
        Attitude(
            "evader",
            _said("推托型", "evader"),
            _said("很难联系上，从不解释原因，也很难当面见到。", "Hard to reach, never explains, seldom to be met."),
            (
                _said(
                    "在允许的时段和次数内换时间、换方式联系。",
                    "Try other times and channels, within the hours and counts allowed.",
                ),
                _said("语气自信，请对方约定一个谈话时间。", "Be confident; ask for a time to talk."),
                _said(
                    "说明主动协商有更多还款方式可选。",
                    "Explain that those who talk to us have more ways to pay to choose from.",
                ),
            ),
            (
                _said(
                    "不要连续拨打或反复上门施压，次数以制度为准。",
                    "Do not press by calling or visiting again and again; the policy sets the count.",
                ),
                _said("不要向家人、同事透露欠款。", "Do not tell family or colleagues of the debt."),
            ),
        ),
        Attitude(
            "victim",
            _said("受害者型", "victim"),
            _said(
                "讲述时情绪悲痛，常夸大处境，态度谦卑但没有还款。",
                "Deeply distressed, often overstates the situation; humble, but has paid nothing.",
            ),
            (
                _said(
                    "等对方平静下来，再说明账单情况。", "Wait until they are calm, then explain where the bill stands."
                ),
                _said("对处境表示同情和理解。", "Show sympathy and understanding."),
                _said(
                    "得到理解后，把话题带回还款，给出几种可选方案。",
                    "Once they feel understood, return to payment and offer several ways.",
                ),
                _said("确有困难的，告知困难协商的途径。", "In real hardship, tell them how to ask for relief."),
            ),
            (
                _said(
                    "不要打断哭诉，也不要被带离还款话题。",
                    "Do not cut them off, and do not let the talk drift from payment.",
                ),
                _said("不要承诺自己无权决定的减免。", "Promise no reduction you may not grant."),
            ),
        ),
        Attitude(
            "confident",
            _said("自信型", "confident"),
            _said(
                "强势，有时粗鲁，自认为清楚后果，对诉讼不在乎。",
                "Forceful, at times rude; believes to know the consequences and does not mind court.",
            ),
            (
                _said(
                    "态度坚定，显示熟悉程序和条款。", "Be firm and show that you know the procedure and the contract."
                ),
                _said("用事实和证据说话。", "Speak with facts and evidence."),
                _said("主导谈话，给出可选择的还款方案。", "Lead the talk and offer ways to pay to choose from."),
            ),
            (
                _said(
                    "不要被吓住，也不要用夸大的后果去吓对方。",
                    "Do not be intimidated, and do not intimidate with exaggerated consequences.",
                ),
                _said("不要承认没有核实的过错。", "Admit no fault that has not been looked into."),
            ),
        ),
        Attitude(
            "stubborn",
            _said("顽固型", "stubborn"),
            _said(
                "反复说“还不了”“不会还”，不听别的方案，只坚持自己的说法。",
                "Keeps saying “I can't” or “I won't”, hears no other proposal.",
            ),
            (
                _said("保持耐心，听完解释。", "Be patient and hear the explanation out."),
                _said("再次说明为什么必须按约还款。", "Explain again why the contract has to be kept."),
                _said(
                    "讲清按时还款的好处和各种还款方式，及时提出建议。",
                    "Explain the benefits of paying on time and the ways to pay; make a proposal.",
                ),
                _said(
                    "分清是还不了还是不愿还，分别记录原因。", "Tell “cannot” from “will not” and record which it is."
                ),
            ),
            (
                _said("不要重复同样的话，不要失去耐心。", "Do not repeat the same words; do not lose patience."),
                _said("不要威胁，也不要做出过激行为。", "No threats, nothing rash."),
            ),
        ),
        Attitude(
            "sophisticated",
            _said("老练型", "sophisticated"),
            _said(
                "友好、有学识，懂金融和法律术语，总说会还但一再往后推。",
                "Friendly and educated, knows the terms of finance and law; always says he will pay, later.",
            ),
            (
                _said("表现出对法律程序及其意义的熟悉。", "Show that you know the legal procedure and what it means."),
                _said("坚持跟进，始终友好、专业。", "Follow up steadily, friendly and professional."),
                _said("把“会还”变成具体的金额和日期。", "Turn “I will pay” into an amount and a day."),
            ),
            (
                _said("不要被头衔、关系或术语带着走。", "Do not be led by titles, connections or jargon."),
                _said("不要接受没有日期的答复。", "Accept no answer without a date."),
            ),
        ),
        Attitude(
            "promiser",
            _said("保证还款型", "promiser"),
            _said("非常友善，一再保证，却很少兑现。", "Very friendly, promises again and again, seldom keeps it."),
            (
                _said("先听对方说明上次没有兑现的原因。", "First hear why the last promise was not kept."),
                _said(
                    "说明兑现承诺的重要性，以及失信会被如实记录。",
                    "Explain why keeping it matters and that a broken promise is recorded as it is.",
                ),
                _said(
                    "约定较短的期限和可核实的付款方式，到期当天跟进。",
                    "Agree on a short term and a payment that can be checked; follow up on the day.",
                ),
            ),
            (
                _said("不要一再接受同样的延期。", "Do not accept the same delay again and again."),
                _said("不要一开口就断定对方在狡辩。", "Do not begin by calling it an excuse."),
            ),
        ),
    )
}
