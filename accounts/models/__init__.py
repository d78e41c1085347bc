"""People, projects, keys, and the record of what they did."""

from accounts.models.api_key import ApiKey
from accounts.models.audit import AuditEvent, AuditHead, Outcome
from accounts.models.calendar_feed import CalendarFeed
from accounts.models.delivery import DeliveryState
from accounts.models.email_delivery import EmailDelivery
from accounts.models.epoch import Epoch, EpochReader
from accounts.models.invitation import Invitation
from accounts.models.kept_answer import KeptAnswer
from accounts.models.keys import KeyEncryptionKey, RootKeyDoesNotOpen, verify_root_keys
from accounts.models.membership import Membership
from accounts.models.notice import Notice, Receipt, Topic
from accounts.models.notice_choice import NoticeChoice, Wanted
from accounts.models.project import Project
from accounts.models.sign_in_secret import SignInSecret
from accounts.models.throttle import Throttle
from accounts.models.user import User, UserStatus
from accounts.roles import Role

__all__ = [
    "ApiKey",
    "AuditEvent",
    "AuditHead",
    "CalendarFeed",
    "DeliveryState",
    "EmailDelivery",
    "Epoch",
    "EpochReader",
    "Invitation",
    "KeptAnswer",
    "KeyEncryptionKey",
    "Membership",
    "Notice",
    "NoticeChoice",
    "Outcome",
    "Project",
    "Receipt",
    "Role",
    "RootKeyDoesNotOpen",
    "SignInSecret",
    "Throttle",
    "Topic",
    "User",
    "UserStatus",
    "Wanted",
    "verify_root_keys",
]
