"""What a new installation needs before anybody can sign in: one member of staff, one project."""

import secrets
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import Project, User

FIRST_PROJECT = "Default"
_RANDOM_BYTES = 18  # 24 characters, 144 bits


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The first member of staff; ``password`` only where it was generated now, to be shown once."""

    user: User
    password: str | None = field(repr=False)
    created: bool

    @property
    def email(self) -> str:
        return self.user.email


@transaction.atomic
def ensure_first_admin(email: str, password: str | None) -> FirstAdmin:
    """Make sure that somebody can administer Axiom; done twice, it is done once.

    Where there is staff already, nothing changes. Where a person with that address exists, they
    become staff and keep their password. Without a password a strong one is generated.
    """
    staff = User.objects.staff().order_by("pk").first()
    if staff:
        return FirstAdmin(staff, password=None, created=False)
    known = User.objects.filter(email=email).first()
    if known:
        known.make_staff(by=None)
        return FirstAdmin(known, password=None, created=False)
    generated = None if password else secrets.token_urlsafe(_RANDOM_BYTES)
    admin = User.objects.create_superuser(email, password or generated, name="Administrator")
    return FirstAdmin(admin, password=generated, created=True)


@transaction.atomic
def ensure_first_project(owner: User) -> Project:
    """Give the oldest project, or make *Default*, whose slug scripts count on."""
    oldest = Project.objects.order_by("pk").first()
    return oldest or Project.objects.start(name=FIRST_PROJECT, owner=owner, by=None)
