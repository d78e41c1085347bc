from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import get_random_string, salted_hmac

from accounts import audit
from accounts.models.epoch import Epoch
from accounts.refusals import Refused
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.audit import Actor
    from accounts.models.membership import Membership

    _EmailField = models.EmailField[str, str]
else:
    _EmailField = models.EmailField


_MOST_NAMED = 20


class UserStatus(models.TextChoices):
    ACTIVE = "active", "active"
    INVITED = "invited", "invited"
    SUSPENDED = "suspended", "suspended"


class LowercaseEmailField(_EmailField):
    """An address in one spelling: what is stored and what is looked for are both lowercased."""

    def to_python(self, value: Any) -> Any:
        cleaned = super().to_python(value)
        return cleaned.lower() if isinstance(cleaned, str) else cleaned

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(status=UserStatus.ACTIVE)

    def staff(self) -> Self:
        return self.filter(is_staff=True)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Refused("Delete people one by one, with user.remove(by=…).", code="delete_one_by_one")


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # made at run time
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a person; without a password nobody can sign in as them."""
        user: User = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Staff see every project; others see those they are members of."""

    public_id = PublicIdField(prefix="usr")
    email = LowercaseEmailField(
        unique=True, error_messages={"unique": "Somebody already has this email address."}
    )
    name = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=9, choices=UserStatus, default=UserStatus.ACTIVE)
    is_staff = models.BooleanField("staff", default=False, help_text="Sees every project.")
    created_at = models.DateTimeField(auto_now_add=True)
    # Mixed into what a session must match, so that a new value ends all of them.
    session_salt = models.CharField(max_length=32, blank=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ()  # type: ignore[assignment]  # a list in the stubs, any sequence to Django

    objects = UserManager()

    class Meta:
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="user_email_is_lowercase"
            ),
            models.CheckConstraint(
                condition=Q(is_staff=F("is_superuser")), name="user_staff_is_superuser"
            ),
            models.CheckConstraint(
                condition=Q(status__in=UserStatus.values), name="user_status_is_known"
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django reads it, we derive it
        """Whether they may sign in and their keys work."""
        return self.status == UserStatus.ACTIVE

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Tell what a session must know to be theirs, under one secret key of those in use."""
        own: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]  # not in its stubs
        if not self.session_salt:
            return own
        return salted_hmac(self.session_salt, own, secret=secret, algorithm="sha256").hexdigest()

    @transaction.atomic
    def begin(self, password: str | None, *, by: "Actor") -> None:
        """Store a new person; without a password they are invited, until they have set one.

        The password was validated already. Raises ValidationError for other values.
        """
        self.set_password(password or None)
        self.status = UserStatus.ACTIVE if password else UserStatus.INVITED
        self.is_superuser = self.is_staff
        self.full_clean(exclude=["password"])
        self.save(force_insert=True)
        audit.record(by, "users:CreateUser", self, before=None, after=self._told())
        Epoch.bump()

    def suspend(self, *, by: "Actor") -> None:
        """Stop sign-in, sessions and keys at once; what they used stays on record."""
        self.change(by=by, status=UserStatus.SUSPENDED)

    def reactivate(self, *, by: "Actor") -> None:
        self.change(by=by, status=UserStatus.ACTIVE)

    def make_staff(self, *, by: "Actor") -> None:
        self.change(by=by, is_staff=True)

    def demote(self, *, by: "Actor") -> None:
        """Take staff's rights away; projects they are members of stay theirs."""
        self.change(by=by, is_staff=False)

    @transaction.atomic
    def change(self, *, by: "Actor", **values: Any) -> None:
        """Set `email`, `name`, `status` or `is_staff`.

        Raises Refused for suspending or demoting oneself, or suspending whoever owns a project
        alone, ValidationError for values that don't do.
        """
        if values.get("status", self.status) not in {self.status, UserStatus.ACTIVE}:
            self._refuse_self(by, "suspend")
        if self.is_staff and not values.get("is_staff", True):
            self._refuse_self(by, "demote")
        if "is_staff" in values:
            values["is_superuser"] = values["is_staff"]
        if values.get("status") == UserStatus.SUSPENDED:
            self._refuse_orphans()
            values["session_salt"] = get_random_string(32)  # reactivating revives no session
        before = self._told()
        for name, value in values.items():
            setattr(self, name, value)
        self.full_clean(exclude=["password"])
        self.save(update_fields=list(values))
        audit.record(by, "users:UpdateUser", self, before=before, after=self._told())
        Epoch.revoke()

    def change_password(self, password: str, *, by: "Actor") -> None:
        """Set a password that was validated already; the audit learns that, never what."""
        self.set_password(password)
        with transaction.atomic():
            self.save(update_fields=["password"])
            audit.record(
                by, "users:UpdateUser", self, before=None, after={"signIn": "new password"}
            )

    def ask_link(self, *, by: "Actor") -> None:
        """Put on record that a link to set a password goes out; the caller queues the mail.

        Raises Refused where it would open nothing.
        """
        if self.status == UserStatus.SUSPENDED:
            raise Refused(f"{self} is suspended: reactivate them first.", code="user_is_suspended")
        audit.record(by, "users:SendPasswordLink", self, before=None, after={"email": self.email})

    @transaction.atomic
    def remove(self, *, by: "Actor") -> None:
        """Delete the person, their memberships and their keys.

        Raises Refused for oneself, and where a project would be left without an owner.
        """
        self._refuse_self(by, "delete")
        for membership in self._memberships():
            membership.remove(by=by)
        audit.record(by, "users:DeleteUser", self, before=self._told(), after=None)
        super().delete()
        Epoch.revoke()

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: the rule about oneself needs to know who asks."""
        raise Refused("Delete a person with user.remove(by=…).", code="who_deletes")

    def _memberships(self) -> "list[Membership]":
        return list(self.memberships.select_related("project", "user"))

    def _refuse_orphans(self) -> None:
        orphans = self.memberships.all().owned_alone_by(self)
        if not orphans:
            return
        named = ", ".join(f"“{project}”" for project in orphans[:_MOST_NAMED])
        more = f" and {len(orphans) - _MOST_NAMED} more" if len(orphans) > _MOST_NAMED else ""
        raise Refused(
            f"{self} is the last active owner of {named}{more}: make somebody else an owner first.",
            code="last_owner",
        )

    def _refuse_self(self, by: "Actor", verb: str) -> None:
        person = audit.person_of(by)
        if person and person.pk == self.pk:
            raise Refused(
                f"Nobody can {verb} themselves: ask another member of staff.", code=f"{verb}_self"
            )

    def _told(self) -> dict[str, object]:
        return {
            "email": self.email,
            "name": self.name,
            "status": self.status,
            "staff": self.is_staff,
        }
