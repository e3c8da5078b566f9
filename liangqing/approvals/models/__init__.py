from liangqing.approvals.models.attachment import Attachment
from liangqing.approvals.models.delegation import Delegation
from liangqing.approvals.models.request import Counter, Request
from liangqing.approvals.models.vote import Decision, Vote

__all__ = ["Attachment", "Counter", "Decision", "Delegation", "Request", "Vote"]
