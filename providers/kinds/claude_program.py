"""The operator's own `claude` program, asked as if it were a server of Anthropic Messages.

The only starter of other programs in this package. The path is the operator's setting; what users
supply reaches the program by its standard input and by files, and only a checked model id
by its command line. It runs in an empty folder of its own, with an empty home, without tools, and
is killed with all that it started when its time is over.
"""

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from providers.kinds import provider_words
from providers.kinds.claude_messages import (
    NoResult,
    Prompt,
    PromptRefused,
    answer_of,
    error_answer,
    prompt_of,
)
from providers.kinds.client.deadline import Deadline
from providers.kinds.client.failures import CallFailed
from providers.kinds.scrubbing import scrub
from providers.kinds.vocabulary import Answer, ErrorClass, Request

SETTING: Final = "AXIOM_CLAUDE_PATH"
MOST_OUTPUT_BYTES: Final = 4_194_304

_MOST_COMPLAINT_BYTES: Final = 4_096
_CHUNK_BYTES: Final = 65_536
_DEFAULT_SYSTEM: Final = "Answer the user."
_OWN_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",  # no updates, no telemetry
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",  # an @ in a question is no file
    "CLAUDE_CODE_MAX_RETRIES": "1",
}
_ARGUMENTS: Final = (
    "--print",
    "--output-format",
    "json",
    "--tools",
    "",
    "--disable-slash-commands",
    "--strict-mcp-config",
    "--setting-sources",
    "",
    "--no-session-persistence",
)


@dataclass(frozen=True, slots=True)
class ClaudeProgram:
    """Asks the program at a path, where the operator has set one.

    `environment` joins the little that the program gets; it is the caller's own, never a user's.
    """

    path: Path | None
    environment: Mapping[str, str] | None = None

    def send(
        self, request: Request, *, timeout_s: float, max_output: int = MOST_OUTPUT_BYTES
    ) -> Answer:
        """Ask, and answer as a server would; raises `CallFailed`, nothing else."""
        deadline = Deadline(timeout_s)
        program = self._program()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            prompt = prompt_of(request.body or b"")
        except PromptRefused as error:
            return error_answer(400, str(error))
        with _private_folder() as folder:
            command = (program, *_ARGUMENTS, *_question(prompt, folder))
            environment = self._environment(program, folder) | {"CLAUDE_CODE_OAUTH_TOKEN": token}
            with _started(command, folder, environment) as process:
                output, complaint = _heard(process, deadline, max_output=max_output)
        try:
            return replace(answer_of(output), latency_ms=deadline.elapsed_ms)
        except NoResult as error:
            raise _no_result(process.returncode, scrub(complaint, [token]), deadline) from error

    def _program(self) -> str:
        if self.path is None:
            raise CallFailed(
                ErrorClass.BAD_REQUEST,
                "This installation has no claude program. Its operator installs Anthropic's "
                f"Claude Code, sets {SETTING} to the path of claude, and starts Axiom again.",
            )
        if not self.path.is_file() or not os.access(self.path, os.X_OK):
            raise _cannot_start("there is none that may be started")
        return str(self.path)

    def _environment(self, program: str, folder: Path) -> dict[str, str]:
        paths = (str(Path(program).parent), "/usr/local/bin", "/usr/bin", "/bin")
        return {
            **_OWN_ENVIRONMENT,
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "PATH": os.pathsep.join(paths),
            **(self.environment or {}),
        }


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Give a folder that only this user can enter, with nothing in it, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="axiom-claude-"))
    try:
        for name in ("home", "tmp", "work"):
            (folder / name).mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _question(prompt: Prompt, folder: Path) -> tuple[str, ...]:
    """Write the question where the program reads it; return what names it to the program."""
    (folder / "question").write_text(prompt.text)
    (folder / "system").write_text(prompt.system or _DEFAULT_SYSTEM)
    return ("--system-prompt-file", str(folder / "system"), f"--model={prompt.model}")


@contextmanager
def _started(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run it in a process group of its own, of which nothing is left afterwards."""
    with (folder / "question").open("rb") as question:
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's program, our arguments
                command,
                cwd=folder / "work",
                env=environment,
                stdin=question,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise _cannot_start(str(error.strerror).lower()) from error
    with process:
        try:
            yield process
        finally:
            # Before anybody asks for its exit code: until then nobody else can have its number.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _heard(
    process: "subprocess.Popen[bytes]", deadline: Deadline, *, max_output: int
) -> tuple[bytes, str]:
    """Read all that it says, to its end."""
    output, complaint = bytearray(), bytearray()
    try:
        for pipe, chunk in _pieces(process, deadline):
            if pipe is process.stderr:
                complaint += chunk[: _MOST_COMPLAINT_BYTES - len(complaint)]
            else:
                output += chunk
            if len(output) > max_output:
                raise CallFailed(
                    ErrorClass.PROVIDER_ERROR,
                    f"The claude program answered with more than {max_output // 1024} KB. "
                    "Ask for a shorter answer.",
                    latency_ms=deadline.elapsed_ms,
                )
    except TimeoutError as error:
        raise CallFailed(
            ErrorClass.TIMEOUT,
            f"The claude program did not answer within {deadline.seconds:g} s and was ended. "
            "Try again; if it stays so, look whether Anthropic can be reached from this machine.",
            latency_ms=deadline.elapsed_ms,
        ) from error
    return bytes(output), complaint.decode(errors="replace")


def _pieces(
    process: "subprocess.Popen[bytes]", deadline: Deadline
) -> Iterator[tuple[IO[bytes] | None, bytes]]:
    with selectors.DefaultSelector() as waiting:
        for pipe in (process.stdout, process.stderr):
            waiting.register(pipe.fileno() if pipe else -1, selectors.EVENT_READ, pipe)
        while waiting.get_map():
            for key, _ in waiting.select(deadline.remaining_s()):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if chunk:
                    yield key.data, chunk
                else:
                    waiting.unregister(key.fd)


def _cannot_start(why: str) -> CallFailed:
    return CallFailed(
        ErrorClass.UNREACHABLE,
        f"The claude program could not be started: {why}. "
        f"The operator has to mend {SETTING}: the path of Anthropic's claude, executable.",
    )


def _no_result(code: int | None, complaint: str, deadline: Deadline) -> CallFailed:
    words = provider_words.one_line(complaint)[:200]
    said = f" It says: “{words}”" if words else ""
    return CallFailed(
        ErrorClass.PROVIDER_ERROR,
        f"The claude program ended with code {code} and without a result. "
        f"It may be too old: the operator should update it.{said}",
        latency_ms=deadline.elapsed_ms,
    )
