"""One row of the registry, and the levels that rows are given to."""

from dataclasses import dataclass
from typing import Final

from accounts.roles import Role

STAFF: Final = None  # the level above every role: superusers, and only as themselves, not by a key
OWNER, ADMIN, EDITOR, VIEWER = Role.OWNER, Role.ADMIN, Role.EDITOR, Role.VIEWER


@dataclass(frozen=True, slots=True)
class Permission:
    """One action: who has it at least, and where it is offered.

    ``lowest_role`` None means staff only. ``rest`` is written under /api/v1, ``pages`` are the
    names of admin pages of ``django_permission``'s model, or full ``admin:…`` names.
    """

    action: str
    django_permission: str
    lowest_role: Role | None
    rest: str | None = None
    mcp: str | None = None
    pages: str = ""

    @property
    def codename(self) -> str:
        return self.django_permission.partition(".")[2]

    @property
    def model_label(self) -> str:
        """The model it is about, as in ``providers.provider``."""
        app_label, _, codename = self.django_permission.partition(".")
        return f"{app_label}.{codename.partition('_')[2]}"

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing: reading and using, where a shared object serves everybody."""
        return self.codename.startswith(("view_", "use_"))

    @property
    def is_list(self) -> bool:
        return self.action.partition(":")[2].startswith("List")

    @property
    def is_about_one(self) -> bool:
        """Whether it is asked about one object of its own model, and not where that would be."""
        in_address = "{id}" in (self.rest or "")
        return in_address and not (self.is_list or self.codename.startswith("add_"))

    @property
    def url_names(self) -> tuple[str, ...]:
        """The full names of the admin addresses that it guards."""
        model = self.model_label.replace(".", "_")
        return tuple(
            page if ":" in page else f"admin:{model}_{page}" for page in self.pages.split()
        )

    def is_held_by(self, role: Role | None) -> bool:
        return bool(role and self.lowest_role and role.covers(self.lowest_role))
