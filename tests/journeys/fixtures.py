"""What journeys and clients start: an installation, and servers for it to call."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.journeys.aimock import Aimock
from tests.journeys.installation import Installation
from tests.journeys.upstream import Upstream

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for every test that leaves it usable for the next.

    Its first provider, and so its active model, is nobody's: whichever test comes first may disable
    and delete its own.
    """
    for installation in running(tmp_path_factory.mktemp("axiom") / "data"):
        token = installation.script_token
        installation.add_provider(token, name="First", baseUrl=NOWHERE, models=["active"])
        yield installation


def running(
    folder: Path, *, is_calm: bool = True, more: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """Start an installation, and see at the end that Ctrl-C stops it cleanly.

    A calm one has had no reason to log a traceback.
    """
    installation = Installation(folder, more)
    try:
        installation.start()
        yield installation
    except BaseException:
        installation.stop()
        raise
    assert installation.stop() == 0, "\n".join(installation.heard[-40:])
    if is_calm:
        at = next((at for at, line in enumerate(installation.heard) if "Traceback" in line), None)
        assert at is None, "\n".join(installation.heard[at - 5 : at + 60])


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """An OpenAI-compatible server that is not ours."""
    server = Aimock(tmp_path_factory.mktemp("aimock"))
    yield server
    server.stop()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A small server of our own, whose answers can be held back."""
    server = Upstream()
    yield server
    server.stop()
