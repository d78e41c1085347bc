"""What depends on an object, and what would become of it: one answer for every face."""

from accounts.impact.finding import impact_of
from accounts.impact.registry import Registry, registry
from accounts.impact.vocabulary import Dependent, Effect, Group, Impact, UsageLately

__all__ = [
    "Dependent",
    "Effect",
    "Group",
    "Impact",
    "Registry",
    "UsageLately",
    "impact_of",
    "registry",
]
