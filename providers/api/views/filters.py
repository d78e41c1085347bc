"""What lists can be narrowed by, in the words of the answers."""

from django_filters import rest_framework as filters

from providers.health import Health
from providers.kinds.registry import KINDS
from providers.models import Operation
from providers.models.provider import Status
from providers.models.provider_model import ModelKind, TestStatus

_KINDS = [(slug, kind.label) for slug, kind in KINDS.items()]


class ProviderFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    provider = filters.ChoiceFilter(field_name="kind", choices=_KINDS)
    status = filters.ChoiceFilter(choices=Status.choices)
    health = filters.ChoiceFilter(choices=Health.choices)


class ProviderModelFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    kind = filters.ChoiceFilter(choices=ModelKind.choices)
    status = filters.ChoiceFilter(choices=Status.choices)
    testStatus = filters.ChoiceFilter(field_name="test_status", choices=TestStatus.choices)  # noqa: N815 - as clients write it


class SecretFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    provider = filters.ChoiceFilter(field_name="kind", choices=_KINDS)


class OperationFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    state = filters.ChoiceFilter(choices=Operation.State.choices)
    verb = filters.ChoiceFilter(choices=Operation.Verb.choices)
    targetId = filters.CharFilter(field_name="target_id")  # noqa: N815 - as clients write it


class CatalogFilter(filters.FilterSet):  # type: ignore[misc]  # the library is untyped
    provider = filters.ChoiceFilter(field_name="provider_kind", choices=_KINDS)
    kind = filters.ChoiceFilter(choices=ModelKind.choices)
