"""Who asks, as one value: a person, or a key that acts for its creator."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Model
from django.utils import timezone

from accounts.roles import Role

if TYPE_CHECKING:
    from accounts.models import ApiKey, Project, User


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's role in one project, and whether that project is archived."""

    role: Role
    is_archived: bool


@dataclass(slots=True)
class Memory:
    """What one request has looked up about its principal already; it dies with the request."""

    standings: dict[int, Standing] | None = None
    grants: dict[type[Model], frozenset[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Principal:
    """Build one for each request: what it remembers must not outlive that.

    With a ``key``, the user is the key's creator and the project is the key's own.
    """

    user: "User"
    project: "Project | None" = None
    key: "ApiKey | None" = None
    now: datetime = field(default_factory=timezone.now, compare=False)
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    @classmethod
    def of(cls, who: "User | Self") -> Self:
        return who if isinstance(who, cls) else cls(user=who)  # type: ignore[arg-type]  # no isinstance on a forward name

    @classmethod
    def of_key(cls, key: "ApiKey", *, now: datetime) -> Self:
        return cls(user=key.created_by, project=key.project, key=key, now=now)

    @property
    def is_staff(self) -> bool:
        """Whether every project is theirs; a key never carries that, whoever made it."""
        return self.key is None and self.user.is_staff

    @property
    def is_in_force(self) -> bool:
        """Whether it may do anything at all: nobody suspended, nothing revoked or expired."""
        if not self.user.is_active:
            return False
        return self.key is None or self.key.is_usable_at(self.now)
