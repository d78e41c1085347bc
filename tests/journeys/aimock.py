"""aimock: an OpenAI-compatible server that is not ours, on a port of loopback."""

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from tests.journeys.installation import free_port
from tests.journeys.needs import missing

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
INSTALL = "run `npm ci --prefix tests/journeys` (Debian's package npm has npm)"
PATIENCE_S = 30.0
KEY = "sk-aimock-7Qm2Xw9LkT4vR8pZ3nB6"
MODEL = "gpt-4o"
ANSWER = "Hello from a server that is not ours."
OTHER_ANSWER = "That is all I know."
TOOL_QUESTION = "What is the weather?"
TOOL_CALL = {"name": "weather", "arguments": {"city": "Paris"}}
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": TOOL_QUESTION}, "response": {"toolCalls": [TOOL_CALL]}},
        {"match": {"userMessage": "Say hello."}, "response": {"content": ANSWER}},
        {"match": {"endpoint": "embedding"}, "response": {"embedding": [0.25, -0.5, 0.125]}},
        {"match": {}, "response": {"content": OTHER_ANSWER}},
    ]
}


def node(script: Path = SCRIPT, *, what: str = "aimock") -> str:
    """Find the Node.js for a script: the locked one, else the machine's own."""
    locked = next(FOLDER.glob("node_modules/node-*/bin/node"), None)
    program = str(locked) if locked else shutil.which("node")
    if program is None or not script.exists():
        missing(what, INSTALL)
    return program


class Aimock:
    """One running aimock; it refuses every key but `KEY`, and counts what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.origin = f"http://127.0.0.1:{free_port()}"
        self.base_url = f"{self.origin}/v1"
        fixtures = folder / "fixtures.json"
        fixtures.write_text(json.dumps(FIXTURES))
        port = self.origin.rpartition(":")[2]
        where = ("-h", "127.0.0.1", "-p", port, "-f", str(fixtures), "-c", "4")
        self._popen = subprocess.Popen(
            (node(), str(SCRIPT), *where),
            env={"PATH": os.environ["PATH"], "AIMOCK_API_KEYS": KEY},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._wait()

    def journal(self) -> list[dict[str, object]]:
        """Give every request that reached it, as it tells."""
        asked = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.origin}/__aimock/journal", headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310 - as above
            told: list[dict[str, object]] = json.load(answer)
        return told

    def stop(self) -> None:
        self._popen.terminate()
        self._popen.wait(timeout=PATIENCE_S)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._popen.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.origin}/health", timeout=1):  # noqa: S310
                    return
            except URLError:
                time.sleep(0.05)
        raise AssertionError("aimock did not start:\n" + "\n".join(self.heard))

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as lines:
            self.heard.extend(line.rstrip("\n") for line in lines)
