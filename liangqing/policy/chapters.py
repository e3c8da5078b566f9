"""The chapters of the policies the clauses come from: what terms and tables are grouped by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liangqing.policy.terms import Words

_SOURCES: Mapping[str, Words] = {
    "P1": {"zh": "催收与钱款追索管理制度", "en": "Collection and recovery"},
    "P2": {"zh": "催收作业管理制度", "en": "Collection work"},
    "P3": {"zh": "账单逾期管理办法", "en": "Overdue bills"},
    "P4": {"zh": "催收工作总结", "en": "Practice of collectors"},
}
_CHAPTERS: Mapping[str, Words] = {
    "P1 1": {"zh": "总则", "en": "General"},
    "P1 2": {"zh": "催收管理", "en": "Collection"},
    "P1 3": {"zh": "钱款追索管理", "en": "Recovery"},
    "P1 4": {"zh": "审批流程", "en": "Approval"},
    "P1 5": {"zh": "风险控制", "en": "Risk"},
    "P2 1": {"zh": "总则", "en": "General"},
    "P2 2": {"zh": "组织架构与职责", "en": "Organisation and duties"},
    "P2 3": {"zh": "催收作业流程", "en": "Course of collection"},
    "P2 4": {"zh": "风险控制与合规管理", "en": "Risk and compliance"},
    "P2 5": {"zh": "监督与考核", "en": "Supervision and assessment"},
    "P2 6": {"zh": "信息披露与保密", "en": "Disclosure and confidentiality"},
    "P2 7": {"zh": "附则", "en": "Supplementary"},
    "P2 8": {"zh": "培训与教育", "en": "Training"},
    "P2 9": {"zh": "合作与沟通", "en": "Cooperation"},
    "P2 10": {"zh": "持续改进与创新", "en": "Improvement"},
    "P2 11": {"zh": "激励与奖惩", "en": "Rewards and sanctions"},
    "P2 12": {"zh": "危机管理", "en": "Crisis"},
    "P2 13": {"zh": "外部合作与外包管理", "en": "Outside agencies"},
    "P2 14": {"zh": "技术支持与信息化管理", "en": "Systems"},
    "P2 15": {"zh": "内部审计与评估", "en": "Audit"},
    "P3 1": {"zh": "总则", "en": "General"},
    "P3 2": {"zh": "账单管理", "en": "Bills"},
    "P3 3": {"zh": "逾期预警", "en": "Early warning"},
    "P3 4": {"zh": "逾期处理", "en": "Handling of overdue bills"},
    "P3 5": {"zh": "风险管理", "en": "Risk"},
    "P3 6": {"zh": "信息沟通与协作", "en": "Communication"},
    "P3 7": {"zh": "档案管理", "en": "Files"},
    "P3 8": {"zh": "监督与考核", "en": "Supervision and assessment"},
}


@dataclass(frozen=True, order=True)
class Chapter:
    """A chapter: its source (P1 to P4) and number; 0 where a clause names no chapter that is known here."""

    source: str
    number: int

    @property
    def name(self) -> Words:
        return _CHAPTERS.get(f"{self.source} {self.number}", {})

    @property
    def of(self) -> Words:
        """What the source is called."""
        return _SOURCES.get(self.source, {})

    @property
    def label(self) -> str:
        return f"{self.source} {self.number}" if self.number else self.source


def chapter_of(clause: str) -> Chapter:
    """The chapter of a clause as terms and tables name it: "P3 3.2.2" is in chapter 3 of P3, "P4-4" in P4."""
    found = re.match(r"(P\d)(?:[ ](\d+))?", clause)
    if found is None:
        return Chapter(clause, 0)
    return Chapter(found[1], int(found[2] or 0))
