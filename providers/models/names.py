"""Names that people choose: one of each in a project, in any case."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from providers.models.provider import Provider
    from providers.models.secret import Secret


def refuse_taken_name(row: "Provider | Secret", name: str) -> None:
    """Say at the field `name` what the constraint of the same rule would say of the whole row."""
    word = row._meta.verbose_name
    others = type(row)._default_manager.filter(project=row.project_id, name__iexact=name.strip())
    if not others.exclude(pk=row.pk).exists():
        return
    where = "This project already has" if row.project_id else "There is already"
    shared = "" if row.project_id else "shared "
    raise ValidationError({"name": f"{where} a {shared}{word} of that name."})
