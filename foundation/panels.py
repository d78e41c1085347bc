"""What a row's menu holds: what can be done, and in grey why something can't."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a menu item is carried out."""

    OPEN = "open"  # a page
    ASK = "ask"  # a dialog, where it is decided
    DO = "do"  # at once, by POST
    TEST = "test"  # by POST, and the model's badge is where it shows


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One thing to do; with a `reason` it is shown in grey and does nothing."""

    label: str
    url: str
    way: Way
    reason: str = ""
    target: str = ""
    is_dangerous: bool = False
