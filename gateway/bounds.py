"""How much and how long: what one call may take of the gateway and of a provider."""

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds and bytes. A model may think for minutes before its first word, and between words."""

    most_request_bytes: int = 32 * MEGABYTE
    most_answer_bytes: int = 64 * MEGABYTE
    most_error_bytes: int = 65_536
    request_s: float = 60.0
    look_up_s: float = 5.0
    connect_s: float = 10.0
    first_byte_s: float = 600.0
    between_chunks_s: float = 300.0
    unsent_s: float = 60.0  # a stream that its client does not take holds its provider so long
    whole_s: float = 3_600.0
    most_attempts: int = 10
    drain_s: float = 2.0  # for calls under way to end by themselves when the gateway stops
