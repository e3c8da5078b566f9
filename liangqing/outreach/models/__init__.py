from liangqing.outreach.models.attempt import Answer, Attempt, AttemptEvent, Exemption, Source
from liangqing.outreach.models.batch import LetterBatch, Posting
from liangqing.outreach.models.call import Call
from liangqing.outreach.models.dispatch import Addressee, Dispatch, Switch
from liangqing.outreach.models.file import MessageFile
from liangqing.outreach.models.incoming import Incoming, MailboxMark
from liangqing.outreach.models.line import Line
from liangqing.outreach.models.message import Message
from liangqing.outreach.models.outlook import Outlook
from liangqing.outreach.models.provider import Provider, ProviderPace, ProviderTemplate
from liangqing.outreach.models.review import Review
from liangqing.outreach.models.template import ANY, Template, TemplateVersion
from liangqing.outreach.models.visit import Met, Place, Round, Stop, Visit, VisitFile
from liangqing.outreach.models.word import Word

__all__ = [
    "ANY",
    "Addressee",
    "Answer",
    "Attempt",
    "AttemptEvent",
    "Call",
    "Dispatch",
    "Exemption",
    "Incoming",
    "LetterBatch",
    "Line",
    "MailboxMark",
    "Message",
    "MessageFile",
    "Met",
    "Outlook",
    "Place",
    "Posting",
    "Provider",
    "ProviderPace",
    "ProviderTemplate",
    "Review",
    "Round",
    "Source",
    "Stop",
    "Switch",
    "Template",
    "TemplateVersion",
    "Visit",
    "VisitFile",
    "Word",
]
