"""Public ids: the only ids that leave the process."""

import re
import secrets
import string

ALPHABET = string.ascii_letters + string.digits
RANDOM_LENGTH = 16

_PREFIX = re.compile(r"[a-z]{2,8}")


def new_id(prefix: str) -> str:
    """Make an unguessable id, for example ``aip_`` and 16 characters (95 bits) of randomness.

    Raises ValueError unless the prefix is two to eight lowercase ASCII letters.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"An id's prefix is two to eight lowercase letters, not {prefix!r}.")
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
