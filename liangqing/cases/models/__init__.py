from liangqing.cases.models.arm import Arm
from liangqing.cases.models.campaign import Campaign, Share
from liangqing.cases.models.case import Case
from liangqing.cases.models.grace import Grace
from liangqing.cases.models.promise import Promise
from liangqing.cases.models.record import Attachment, Reached, Reason, Record
from liangqing.cases.models.reported import Reported
from liangqing.cases.models.tally import Collected, Load, Roll, Tally
from liangqing.cases.models.task import Task
from liangqing.outreach.kinds import Channel

__all__ = [
    "Arm",
    "Attachment",
    "Campaign",
    "Case",
    "Channel",
    "Collected",
    "Grace",
    "Load",
    "Promise",
    "Reached",
    "Reason",
    "Record",
    "Reported",
    "Roll",
    "Share",
    "Tally",
    "Task",
]
