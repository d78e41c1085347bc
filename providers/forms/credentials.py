"""Where a provider's credential comes from: typed here, stored already, or none."""

from dataclasses import dataclass
from typing import Final

from django import forms

from providers.forms.inputs import SELECT
from providers.kinds.kind import Kind
from providers.models import Secret

TYPED: Final = "typed"
STORED: Final = "stored"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a form may do about the credential of one kind.

    `fitting` were entered for the very host that the form names; `elsewhere` counts those of the
    same kind that were not, and so can't be linked. `kept` stays where none is typed.
    """

    kind: Kind
    fitting: tuple[Secret, ...] = ()
    elsewhere: int = 0
    kept: Secret | None = None

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Name the ways that there are; a single one needs no choice."""
        found = [(TYPED, "Enter it here")] if self.kind.credential.fields else []
        if self.fitting:
            found.append((STORED, "Use a stored one"))
        if self.kept and not self.kind.credential.is_required:
            found.append((NONE, "None"))
        return found

    @property
    def depends_on_address(self) -> bool:
        """Whether another base URL would offer others."""
        return self.kind.base_url_is_editable and bool(self.fitting or self.elsewhere)

    def source_field(self) -> forms.ChoiceField:
        return forms.ChoiceField(
            label="Where the credential comes from",
            choices=self.sources,
            initial=TYPED,
            required=False,
            error_messages={"invalid_choice": "No stored credential fits here. Enter it."},
            widget=forms.RadioSelect,
        )

    def secret_field(self) -> forms.ChoiceField:
        """Offer the fitting ones; any other id, a stranger's too, is none of them."""
        missing = "There is no such credential here for this host. Choose one of those listed."
        return forms.ChoiceField(
            label="Stored credential",
            choices=[("", "Choose…"), *((row.public_id, _told(row)) for row in self.fitting)],
            required=False,
            error_messages={"invalid_choice": missing},
            help_text="It stays one secret: replace its value once, and every provider that "
            "uses it has the new one.",
            widget=forms.Select(attrs=SELECT),
        )

    def secret_of(self, public_id: str) -> Secret | None:
        return next((row for row in self.fitting if row.public_id == public_id), None)


def _told(secret: Secret) -> str:
    """Tell one from another: by name, the characters that may be shown, and its day."""
    parts = [secret.name]
    if secret.prefix:
        parts.append(f"{secret.prefix}…")
    parts.append(f"set {secret.value_updated_at:%Y-%m-%d}")
    return " · ".join(parts)
