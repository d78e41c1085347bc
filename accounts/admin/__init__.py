"""The pages of people, projects, keys and the audit."""

from accounts.admin.api_keys import ApiKeyAdmin
from accounts.admin.audit import AuditEventAdmin
from accounts.admin.calendar import CalendarAdmin
from accounts.admin.email_deliveries import EmailDeliveryAdmin
from accounts.admin.groups import GroupAdmin
from accounts.admin.invitations import InvitationAdmin
from accounts.admin.members import MembershipAdmin
from accounts.admin.notices import NoticeAdmin
from accounts.admin.projects import ProjectsAdmin
from accounts.admin.users import UserAdmin

__all__ = [
    "ApiKeyAdmin",
    "AuditEventAdmin",
    "CalendarAdmin",
    "EmailDeliveryAdmin",
    "GroupAdmin",
    "InvitationAdmin",
    "MembershipAdmin",
    "NoticeAdmin",
    "ProjectsAdmin",
    "UserAdmin",
]
