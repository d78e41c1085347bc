"""What lists are narrowed by, beyond what the library has."""

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField


class MomentField(IsoDateTimeField):  # type: ignore[misc]  # the library is untyped
    """A time in ISO 8601, told in UTC: PostgreSQL refuses offsets beyond sixteen hours."""

    def to_python(self, value: object) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            message = "This time is outside the years 1 to 9999."
            raise ValidationError(message, code="invalid") from error


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]  # the library is untyped
    field_class = MomentField
