"""The agents' own programs: which there are, how each asks once, and how it is kept at home."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.connecting import TOKEN_VARIABLE, Snippet
from providers.models.agent_types import AgentType
from tests.gateway.speakers import CHAT, GEMINI, MESSAGES, RESPONSES, Speaker

FOLDER = Path(__file__).parent
INSTALLED = FOLDER / "node_modules"
BUILDS = ("@anthropic-ai/claude-code-*", "opencode-*/bin", "node-*/bin")
PATIENCE_S = 300
STARTING_S = 60
PROMPT = "What do you say?"
# Where nobody answers: what a program wants from the internet fails at once, and stays here.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Client:
    """One agent's program: the format it speaks, and how it asks one prompt with nobody there."""

    program: str
    speaker: Speaker
    asks: str
    goes_on: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


CLIENTS = {
    AgentType.CLAUDE_CODE: Client(
        "claude",
        MESSAGES,
        asks="claude -p",
        goes_on="claude --continue -p",
        environment={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
    ),
    AgentType.CODEX_CLI: Client(
        "codex",
        RESPONSES,
        asks="codex exec --skip-git-repo-check",
        goes_on="codex exec resume --skip-git-repo-check --last",
    ),
    AgentType.GEMINI_CLI: Client("gemini", GEMINI, asks="gemini --skip-trust -p"),
    AgentType.OPENCLAW: Client("openclaw", CHAT, asks="openclaw agent exec"),
    AgentType.OPENCODE: Client(
        "opencode", CHAT, asks="opencode run --title Hello", goes_on="opencode run --continue"
    ),
    # Without a hub of its own in the background, which would stay when it has ended.
    AgentType.CLINE: Client(
        "cline", CHAT, asks="cline", environment={"CLINE_SESSION_BACKEND_MODE": "local"}
    ),
}


class Desk:
    """A home and a folder of work that were never used, with a client set up in them."""

    def __init__(self, client: Client, folder: Path, token: str) -> None:
        self._client = client
        self._home, self._work = folder / "home", folder / "work"
        self._home.mkdir()
        self._work.mkdir()
        self._lines: list[str] = []
        self._environment = environment(self._home) | client.environment | {TOKEN_VARIABLE: token}

    def follow(self, snippets: tuple[Snippet, ...]) -> None:
        """Do what the Connect page says: files are written, lines go into the shell."""
        for snippet in snippets:
            if snippet.where == "In a shell":
                self._lines.extend(snippet.text.splitlines())
            else:
                self._write(snippet)
        if self._lines and self._lines[-1] == self._client.program:
            self._lines.pop()  # it would wait for somebody to type

    def ask(self, how: str = "") -> str:
        """Ask the prompt, anew or as the next of a conversation; give what the program prints."""
        ask = f"{how or self._client.asks} '{PROMPT}'"
        done = run("sh", "-ec", "\n".join([*self._lines, ask]), cwd=self._work, **self._environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _write(self, snippet: Snippet) -> None:
        at_home = snippet.where.startswith("~/")
        file = (self._home if at_home else self._work) / snippet.where.removeprefix("~/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(snippet.text)


def here() -> str:
    """Give the search path of what was installed here."""
    builds = (folder for pattern in BUILDS for folder in INSTALLED.glob(pattern))
    return ":".join(map(str, (INSTALLED / ".bin", *builds)))


def is_installed(client: Client) -> bool:
    return shutil.which(client.program, path=here()) is not None


def environment(home: Path) -> dict[str, str]:
    """Give an environment in which nothing is known of the person who runs the tests."""
    return {
        "PATH": f"{here()}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1",
    }


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def need(client: Client, folder: Path) -> None:
    """Skip where the registry has no program for this machine, or one that can't start here."""
    if not is_installed(client):
        pytest.skip(f"npm has given no {client.program} for this machine (`make test-clients`)")
    started = run(client.program, "--version", cwd=folder, **environment(folder))
    if started.returncode:
        said = (started.stderr or started.stdout).strip()
        pytest.skip(f"{client.program} can't start here ({started.returncode}): {said[-200:]}")
