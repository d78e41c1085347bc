"""Policies that people choose by name, so that nobody writes JSON for the usual cases."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from accounts.permissions import PERMISSIONS
from accounts.roles import Role

Raw = list[dict[str, Any]] | None


class Preset(StrEnum):
    EVERYTHING = "everything"
    GATEWAY = "gateway"
    READING = "reading"
    CUSTOM = "custom"


LABELS: Final[Mapping[Preset, str]] = {
    Preset.EVERYTHING: "Everything its creator may do",
    Preset.GATEWAY: "Gateway only: call models, and list them",
    Preset.READING: "Read only",
    Preset.CUSTOM: "A policy of its own",
}
_OF_THE_GATEWAY: Final = ("models:Invoke", "models:ListModels")


def policy_for(preset: Preset, *, role: Role | None) -> Raw:
    """Give the policy of a preset for a creator with `role`; None narrows nothing."""
    if preset is Preset.GATEWAY:
        return _allowing(list(_OF_THE_GATEWAY))
    if preset is Preset.READING:
        return _allowing(_read_by(role))
    return None


def name_of(policy: Raw) -> str:
    """Say in a few words what a stored policy leaves to its key."""
    if policy is None:
        return "Everything its creator may do"
    if policy == policy_for(Preset.GATEWAY, role=None):
        return "Gateway only"
    if any(policy == _allowing(_read_by(role)) for role in Role):
        return "Read only"
    return "A policy of its own"


def _allowing(actions: list[str]) -> Raw:
    return [{"effect": "Allow", "action": actions, "resource": ["*"]}]


def _read_by(role: Role | None) -> list[str]:
    rows = PERMISSIONS.values()
    return [row.action for row in rows if row.codename.startswith("view_") and row.is_held_by(role)]
