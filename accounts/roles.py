"""The roles of a project's members, from the most to the least."""

from typing import Self

from django.db import models


class Role(models.TextChoices):
    """What a member may do; each role can do all that the ones below it can."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"

    def covers(self, other: "Role") -> bool:
        roles = list(Role)
        return roles.index(self) <= roles.index(other)

    def and_above(self) -> tuple[Self, ...]:
        """List the roles that can do what this one can."""
        return tuple(role for role in type(self) if role.covers(self))
