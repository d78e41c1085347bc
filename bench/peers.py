"""The two other gateways: their versions, and where `make bench-peers` puts them."""

import json
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("peers")
NOT_INSTALLED: Final = "not installed: run make bench-peers"

LITELLM_VERSION: Final = "1.106.2"
LITELLM_VENV: Final = FOLDER / "litellm"
LITELLM_PROGRAM: Final = LITELLM_VENV / "bin" / "litellm"

PORTKEY_VERSION: Final = "1.15.2"
PORTKEY_FOLDER: Final = FOLDER / "portkey"
_PORTKEY_PACKAGE: Final = PORTKEY_FOLDER / "node_modules" / "@portkey-ai" / "gateway"
PORTKEY_PROGRAM: Final = _PORTKEY_PACKAGE / "build" / "start-server.js"

HONO_NODE_SERVER_VERSION: Final = "1.13.8"
"""Portkey's streams break with the newer ones that its own range allows."""


def installed_litellm() -> str:
    """Give the version in the virtual environment, or nothing."""
    if not LITELLM_PROGRAM.exists():
        return ""
    marks = LITELLM_VENV.glob("lib/python3*/site-packages/litellm-*.dist-info")
    return next((mark.stem.partition("-")[2] for mark in marks), "")


def installed_portkey() -> str:
    """Give the version in the Node folder, or nothing."""
    if not PORTKEY_PROGRAM.exists():
        return ""
    return str(json.loads((_PORTKEY_PACKAGE / "package.json").read_text())["version"])
