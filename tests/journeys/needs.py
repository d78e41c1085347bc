"""What a journey needs beside Python: said plainly where it is not there."""

import os
from typing import NoReturn

import pytest


def missing(what: str, how: str) -> NoReturn:
    """Skip with the way to get it; where CI is set, everything must be there, so fail."""
    reason = f"{what} is missing: {how}"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
