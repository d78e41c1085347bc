from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.db.models import Q

from accounts import audit
from accounts.models.epoch import Epoch
from accounts.models.project import Project
from accounts.models.user import User, UserStatus
from accounts.permissions import PERMISSIONS
from accounts.policies import Policy, PolicyInvalid, fits
from accounts.refusals import Refused
from accounts.roles import Role
from accounts.tenancy.models import TenantModel
from accounts.tenancy.querysets import WalledQuerySet
from accounts.tokens import new_token, shown_prefix, token_hash, token_hashes
from foundation.databases import brief_wait
from foundation.fields import PublicIdField

if TYPE_CHECKING:
    from accounts.audit import Actor

LABEL = "api-keys"
TOKEN_PREFIX = "axk"  # noqa: S105 - the start of every token, not one
_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_PATIENCE_MS = 50

logger = structlog.get_logger(__name__)


class ApiKeyQuerySet(WalledQuerySet["ApiKey"]):
    def with_token(self, token: str) -> Self:
        """Find the key of a token, by its hash alone."""
        return self.filter(token_hash__in=token_hashes(token, label=LABEL))

    def usable_at(self, now: datetime) -> Self:
        """Keep what still works: not revoked, not expired, creator active, project not archived."""
        not_expired = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(
            not_expired,
            revoked_at=None,
            created_by__status=UserStatus.ACTIVE,
            project__is_archived=False,
        )

    def with_principal(self) -> Self:
        return self.select_related("created_by", "project")

    def issue(
        self,
        *,
        project: Project,
        name: str,
        created_by: User,
        policy: Sequence[Mapping[str, object]] | None = None,
        expires_at: datetime | None = None,
        by: "Actor" = None,
    ) -> "tuple[ApiKey, str]":
        """Make a key and its token, which nothing can show again.

        Raises ValidationError for a policy that can't be read, or is beyond its creator's rights.
        """
        key = ApiKey(
            project=project,
            name=name.strip(),
            created_by=created_by,
            policy=policy,
            expires_at=expires_at,
        )
        return key, key.begin(by=by or created_by)


class ApiKey(TenantModel):
    """A program's way in: its creator's rights in one project, narrowed by its policy."""

    public_id = PublicIdField(prefix="key")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    policy = models.JSONField(
        null=True, blank=True, help_text="Empty: all that its creator may do."
    )
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    epoch: int  # at which `reading_keys` read it, and nothing else sets it
    is_from_memory = False  # whether a process knew it, and did not read it for this request

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def parsed_policy(self) -> Policy | None:
        """None means no narrowing. A stored policy that can't be read allows nothing."""
        if self.policy is None:
            return None
        try:
            return Policy.parse(self.policy)
        except PolicyInvalid:
            return Policy()

    @property
    def policy_in_force(self) -> Any:
        """The stored policy as it works: one that can't be read is one without a statement."""
        read = self.parsed_policy
        return [] if read is not None and not read.statements else self.policy

    def is_usable_at(self, now: datetime) -> bool:
        """Tell what `usable_at` tells, of this one; costs no query after `with_principal`."""
        if self.revoked_at or self.project.is_archived or not self.created_by.is_active:
            return False
        return self.expires_at is None or self.expires_at > now

    def begin(self, *, by: "Actor") -> str:
        """Store a new key, and give its token, which nothing can show again.

        Raises ValidationError where it would reach beyond its creator, or beyond the key that
        makes it.
        """
        self._refuse_beyond(by)
        token = new_token(TOKEN_PREFIX)
        self.prefix, self.token_hash = shown_prefix(token), token_hash(token, label=LABEL)
        self.full_clean()
        with transaction.atomic():
            self.save(force_insert=True)
            audit.record(by, "apiKeys:CreateApiKey", self, before=None, after=self.told())
            Epoch.bump()
        return token

    def clean(self) -> None:
        """Refuse, when it is made, a policy beyond its creator; when used it is measured again."""
        if self.project_id is None or self.created_by_id is None:
            return  # the fields' own errors say so
        role = Role.OWNER if self.created_by.is_staff else self.project.role_of(self.created_by)
        if role is None or not self.created_by.is_active or self.project.is_archived:
            raise ValidationError(
                "Only an active member of an active project can have a key for it."
            )
        if self.policy is not None:
            self._clean_policy(role)

    def state_at(self, now: datetime) -> str:
        """Say in one word why it works or does not."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= now:
            return "expired"
        return "active" if self.is_usable_at(now) else "stopped"

    def revoke(self, *, by: "Actor", at: datetime) -> None:
        """Stop the key for good; done twice, the first moment stays."""
        if self.revoked_at:
            return
        with transaction.atomic():
            before, self.revoked_at = self.told(), at
            self.save(update_fields=["revoked_at"])
            audit.record(by, "apiKeys:RevokeApiKey", self, before=before, after=self.told())
            Epoch.revoke()

    def note_use(self, *, at: datetime) -> None:
        """Remember when it was last used, to the minute: not every call is worth a write.

        A database that can't be written at this moment keeps what it knew: a call that only
        reads must neither fail nor wait for that.
        """
        if self.last_used_at and at - self.last_used_at < _USE_IS_NOTED_EVERY:
            return
        try:
            with brief_wait(ms=_PATIENCE_MS):
                ApiKey.objects.filter(pk=self.pk).update(last_used_at=at)
        except DatabaseError as error:
            logger.info("the use of a key was not noted", key=self.public_id, error=str(error))
            return
        self.last_used_at = at

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Refused("Revoke the key: what it did stays on record.", code="revoke_instead")

    def told(self) -> dict[str, object]:
        """Say what the audit keeps of a key."""
        return {
            "name": self.name,
            "prefix": self.prefix,
            "policy": self.policy,
            "expiresAt": self.expires_at,
            "revokedAt": self.revoked_at,
        }

    def _refuse_beyond(self, by: "Actor") -> None:
        """Let no key make one that can do more, or lives longer, than itself."""
        maker = getattr(by, "key", None)
        if maker is None:
            return
        own, wanted = maker.parsed_policy, self.parsed_policy
        if own is not None and (wanted is None or not own.covers(wanted)):
            raise ValidationError(
                {"policy": "A key makes keys of narrower policies alone, denied what it is denied."}
            )
        if maker.expires_at and (self.expires_at is None or self.expires_at > maker.expires_at):
            raise ValidationError({"expires_at": "A key makes no key that outlives it."})

    def _clean_policy(self, role: Role) -> None:
        try:
            policy = Policy.parse(self.policy)
            policy.refuse_unknown(PERMISSIONS)
        except PolicyInvalid as error:
            raise ValidationError({"policy": str(error)}) from error
        held = [row.action for row in PERMISSIONS.values() if row.is_held_by(role)]
        for position, pattern in policy.allowed_actions():
            if not any(fits(pattern, action) for action in held):
                raise ValidationError(
                    {"policy": f"{position}: its creator may not {pattern} in this project."}
                )
