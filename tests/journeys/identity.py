"""oidc-provider: a certified OpenID Connect server that is not ours, on a port of loopback."""

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import requests

from tests.journeys.aimock import INSTALL, node
from tests.journeys.installation import free_port
from tests.journeys.needs import missing

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "identity.mjs"
VENDOR = FOLDER / "authorization.mjs"
CLIENT_SECRET = "invented-for-the-journeys-0123456789"
NAME = "Initech"
PATIENCE_S = 30.0


class OidcProvider:
    """One running server, as a script of ours configures it."""

    def __init__(self, script: Path, *words: str) -> None:
        if not (FOLDER / "node_modules" / "oidc-provider").exists():
            missing("oidc-provider", INSTALL)
        self._popen = subprocess.Popen(
            (node(), str(script), *words),
            env={"PATH": os.environ["PATH"], "CLIENT_SECRET": CLIENT_SECRET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        deadline = time.monotonic() + PATIENCE_S
        while "ready" not in self.heard:
            said = "\n".join(self.heard)
            assert self._popen.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def stop(self) -> None:
        self._popen.terminate()
        self._popen.wait(timeout=PATIENCE_S)

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            self.heard.extend(line.rstrip("\n") for line in lines)


class IdentityProvider(OidcProvider):
    """Knows Axiom as a client with a secret, for people who sign in to Axiom."""

    def __init__(self, *, port: int, redirect: str) -> None:
        super().__init__(SCRIPT, str(port), redirect)


class Vendor(OidcProvider):
    """A vendor's authorization server: people allow Axiom, a public client, or deny it."""

    def __init__(self, *redirects: str, lifetime_s: int = 3600) -> None:
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        super().__init__(VENDOR, str(port), str(lifetime_s), *redirects)

    def granted(self) -> dict[str, int]:
        """Count the grants that were given, by their type."""
        counts: dict[str, int] = self._asked("/counts")
        return counts

    def revoke(self) -> None:
        """Let no refresh token be good any more."""
        self._asked("/revoke")

    def _asked(self, path: str) -> Any:
        return requests.get(self.issuer + path, timeout=PATIENCE_S).json()
