#!/usr/bin/env python
"""Axiom's commands; `run` starts an installation, `setup` prepares one without starting it."""

import os
import sys

MAKES_FIRST_FILES = {"run", "setup"}


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axiom.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError:
        sys.exit("Django isn't installed here. Run `make run`, or use .venv/bin/python.")
    from axiom import first_files  # noqa: PLC0415 - as above
    from axiom.supervisor.refusals import StartRefused  # noqa: PLC0415 - as above
    from foundation.crypto import RootKeyUnavailable, WeakKey  # noqa: PLC0415 - as above
    from foundation.env import EnvironmentInvalid  # noqa: PLC0415 - as above

    try:
        first_files.find_socket()
        if sys.argv[1:2] and sys.argv[1] in MAKES_FIRST_FILES:
            first_files.ensure()
        execute_from_command_line(sys.argv)
    except (EnvironmentInvalid, RootKeyUnavailable, WeakKey, StartRefused) as error:
        sys.exit(f"Axiom can't start: {error}")


if __name__ == "__main__":
    main()
