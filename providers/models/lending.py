"""Whether a project may use what is shared: a higher floor keeps the grants, and says so here."""

from collections.abc import Callable
from typing import Final

from accounts.models import Project
from providers.models.provider import Provider

Rule = Callable[[Provider, Project], bool]

_RULES: Final[list[Rule]] = []


def register(rule: Rule) -> None:
    """Have `rule` asked before a project chooses a model of a shared provider."""
    _RULES.append(rule)


def is_lent(provider: Provider, project: Project) -> bool:
    """Tell whether a project may use a provider: its own always, a shared one by its grants."""
    return provider.project_id is not None or all(rule(provider, project) for rule in _RULES)
