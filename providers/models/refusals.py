"""Why a rule of the domain says no; each says what to do instead."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from accounts.refusals import HasDependents, Refused

if TYPE_CHECKING:
    from providers.models.provider import Provider
    from providers.models.provider_model import ProviderModel
    from providers.models.secret import Secret
    from providers.models.versions import Versioned


_MOST_NAMED: Final = 20


class OwnsActiveModel(Refused):
    def __init__(self, provider: "Provider", verb: str) -> None:
        super().__init__(
            f"“{provider.name}” owns the active model and can't be {verb}: "
            "make another model active first.",
            code="owns_active_model",
        )


class ChangedMeanwhile(Refused):
    """Somebody stored another version since this one was shown; `stored` is what is there now."""

    def __init__(self, stored: "Versioned") -> None:
        super().__init__(
            f"Somebody changed “{stored}” meanwhile. Look at what is stored now, "
            "and save again to replace it.",
            code="changed_meanwhile",
        )
        self.stored = stored


class DeletedMeanwhile(Refused):
    def __init__(self, name: str) -> None:
        super().__init__(f"Somebody deleted “{name}” meanwhile.", code="deleted_meanwhile")


class IsActiveModel(Refused):
    def __init__(self, model: "ProviderModel", verb: str) -> None:
        super().__init__(
            f"{model.upstream_id} is the active model and can't be {verb}: "
            "make another one active first.",
            code="is_active_model",
        )


class IsLastModel(Refused):
    def __init__(self, model: "ProviderModel") -> None:
        super().__init__(
            f"{model.upstream_id} is the last model of “{model.provider.name}”: "
            "delete the provider instead.",
            code="is_last_model",
        )


class NothingToImport(Refused):
    """The catalog's ids are not what this provider's models are called by."""

    def __init__(self, provider: "Provider") -> None:
        super().__init__(
            f"The models of “{provider.name}” have names that its owner gave them, which the "
            "catalog can't know. Add each by its name, and choose the catalog's model whose "
            "prices it has.",
            code="nothing_to_import",
        )


class SecretHasProviders(HasDependents):
    def __init__(self, secret: "Secret", providers: list["Provider"], count: int) -> None:
        named = ", ".join(f"“{provider.name}”" for provider in providers)
        super().__init__(
            f"“{secret.name}” is used by {count} provider{'s' if count != 1 else ''}: {named}. "
            "Give them another secret or delete them first.",
            code="SECRET_HAS_DEPENDENTS",
            count=count,
            ids=[provider.public_id for provider in providers],
        )


class ProviderHasDependents(HasDependents):
    """Rows of higher floors, such as agents that are pinned to it, keep a provider or a model.

    `restricting` are those rows, as Django's RestrictedError has them.
    """

    def __init__(self, row: "Provider | ProviderModel", restricting: Iterable[Any]) -> None:
        rows = sorted(restricting, key=lambda found: str(found).lower())
        named = ", ".join(f"“{found}”" for found in rows[:_MOST_NAMED])
        meta, count = rows[0]._meta, len(rows)
        words = f"{meta.verbose_name_plural} are" if count != 1 else f"{meta.verbose_name} is"
        more = f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
        super().__init__(
            f"{count} {words} pinned to “{row}”: {named}{more}. Route them elsewhere first.",
            code="AI_PROVIDER_HAS_DEPENDENTS",
            count=count,
            ids=[found.public_id for found in rows[:_MOST_NAMED]],
        )
