"""What the Connect page gives to programs, run as it stands there against the gateway."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway import connecting
from tests import factories
from tests.journeys.aimock import FOLDER, INSTALL, node
from tests.journeys.installation import newcomers_environment
from tests.journeys.needs import missing
from usage.models import UsageRecord

PATIENCE_S = 60
SDK = FOLDER / "node_modules" / "openai" / "package.json"

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def run(gateway, aurora):
    """Run a snippet's text as its reader would; give what it prints."""
    agent, token = factories.make_agent(aurora)
    snippets = {
        row.slug: row.text for row in connecting.for_programs(f"http://127.0.0.1:{gateway.port}")
    }

    def run(slug: str, *program: str | Path) -> str:
        done = subprocess.run(
            program,
            input=snippets[slug],
            env=newcomers_environment() | {connecting.TOKEN_VARIABLE: token},
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        gateway.settle()
        assert UsageRecord.objects.get().agent_public_id == agent.public_id
        return done.stdout

    return run


def test_curl(run):
    assert '"content": "Hello"' in run("curl", "sh")


def test_python(run):
    assert run("python", sys.executable, "-").strip() == "Hello"


@pytest.mark.journey
def test_javascript(run):
    if not SDK.exists():
        missing("OpenAI's SDK for JavaScript", INSTALL)
    program = node(SDK, what="OpenAI's SDK for JavaScript")

    told = run("javascript", program, "--input-type=module", "-")

    assert told.strip() == "Hello"
