"""Run a gateway process: `python -m gateway`."""

import os
import sys

import django

from foundation import pages
from foundation.crypto import RootKeyUnavailable, WeakKey
from foundation.env import EnvironmentInvalid


def main() -> None:
    """Read the settings, then run until told to stop; says why where it can't start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axiom.settings")
    pages.are_served = False
    try:
        django.setup()
    except (EnvironmentInvalid, RootKeyUnavailable, WeakKey) as error:
        sys.exit(f"The gateway can't start: {error}")
    from gateway.process import run  # noqa: PLC0415 - its models need the settings

    run()


if __name__ == "__main__":
    main()
