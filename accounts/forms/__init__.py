"""What people fill in about themselves, each other and their keys."""

from accounts.forms.api_key import ApiKeyForm
from accounts.forms.people import (
    EmailForm,
    InvitationForm,
    NewcomerForm,
    NewPasswordForm,
    ReturningForm,
    RoleForm,
)

__all__ = [
    "ApiKeyForm",
    "EmailForm",
    "InvitationForm",
    "NewPasswordForm",
    "NewcomerForm",
    "ReturningForm",
    "RoleForm",
]
