"""Parts that are killed, and a database that is locked: nothing hangs, nothing is told wrongly."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import Any

import pytest
import requests

from tests.journeys.admin_session import AdminSession
from tests.journeys.fixtures import running
from tests.journeys.installation import PATIENCE_S, Installation, until
from tests.journeys.upstream import MODELS, Upstream

pytestmark = pytest.mark.journey

NOTICED_WITHIN_S = 1.0
CLIENTS = 4
SOME = 100
FINISHED = {"succeeded", "failed", "cancelled"}
CHAT = {"messages": [{"role": "user", "content": "Say hello."}]}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One of this module's own: its parts get killed, and may complain of one another."""
    yield from running(tmp_path_factory.mktemp("killed") / "data", is_calm=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def token(installation: Installation) -> str:
    return installation.script_token


@pytest.fixture(scope="module")
def provider(installation: Installation, server: Upstream, token: str) -> dict[str, Any]:
    return installation.add_provider(
        token, name="Held", baseUrl=server.base_url, models=list(MODELS)
    )


class Script:
    """A client of both doors."""

    def __init__(self, installation: Installation, token: str) -> None:
        self.installation = installation
        self.headers = {"Authorization": f"Bearer {token}"}

    def start_test(self, provider: dict[str, Any]) -> str:
        address = f"{self.installation.portal_url}/api/v1/ai-providers/{provider['id']}/test"
        begun = requests.post(address, headers=self.headers, json={}, timeout=PATIENCE_S)
        assert begun.status_code == HTTPStatus.ACCEPTED, begun.text
        return str(begun.json()["id"])

    def operation(self, public_id: str) -> dict[str, Any]:
        address = f"{self.installation.portal_url}/api/v1/operations/{public_id}"
        told: dict[str, Any] = requests.get(
            address, headers=self.headers, timeout=PATIENCE_S
        ).json()
        return told

    def list_providers(self) -> requests.Response:
        address = f"{self.installation.portal_url}/api/v1/ai-providers"
        return requests.get(address, headers=self.headers, timeout=PATIENCE_S)

    def chat(self, model: str = "default") -> requests.Response:
        address = f"{self.installation.gateway_url}/v1/chat/completions"
        body = {"model": model, **CHAT}
        return requests.post(address, headers=self.headers, json=body, timeout=PATIENCE_S)


@pytest.fixture
def script(installation: Installation, token: str, provider: dict[str, Any]) -> Script:
    return Script(installation, token)


def kill(installation: Installation, part: str) -> str:
    """Kill a part as the system's out-of-memory killer does; what the supervisor says of it."""
    heard, pid = len(installation.heard), installation.pid_of(part)
    os.kill(pid, signal.SIGKILL)
    said = installation.wait_for(f"{part} was killed by SIGKILL", part="axiom", since=heard)
    until(lambda: _runs_anew(installation, part, pid), f"another {part}")
    return said


def _runs_anew(installation: Installation, part: str, old: int) -> bool:
    try:
        return installation.pid_of(part) != old
    except (FileNotFoundError, ValueError):
        return False


def answers(installation: Installation) -> bool:
    try:
        ready = requests.get(f"{installation.gateway_url}/readyz", timeout=PATIENCE_S)
    except requests.ConnectionError:
        return False
    return ready.status_code == HTTPStatus.OK


def test_a_test_whose_worker_is_killed_is_finished_by_the_next_one(
    installation, server, script, provider
):
    asked = len(server.seen)

    with server.held():
        operation = script.start_test(provider)
        server.wait_for_requests(asked + 1)
        said = kill(installation, "slow")
        server.wait_for_requests(asked + 2)  # the next worker asks again
    until(lambda: script.operation(operation)["state"] in FINISHED, "the operation's end")

    assert "it is started again in" in said
    told = script.operation(operation)
    assert (told["state"], told["result"]["ok"]) == ("succeeded", True)


def test_a_killed_portal_is_started_again(installation, script):
    said = kill(installation, "portal")

    def lists() -> bool:
        try:
            return script.list_providers().status_code == HTTPStatus.OK
        except requests.ConnectionError:
            return False

    until(lists, "the portal")
    assert "portal was killed by SIGKILL; it is started again in" in said


class Load:
    """Clients that ask again and again, until the block ends."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._is_over = threading.Event()
        self.answered: list[str] = []
        self.failed: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            asking = [clients.submit(self._ask_until_over) for _ in range(CLIENTS)]
            try:
                yield
            finally:
                self._is_over.set()
        for client in asking:
            client.result()

    def until_some_more(self) -> None:
        wanted = len(self.answered) + SOME
        until(lambda: len(self.answered) >= wanted, "some load")

    def _ask_until_over(self) -> None:
        while not self._is_over.is_set():
            try:
                answer = self._script.chat()
            except requests.RequestException as error:
                self.failed.append(str(error))
                time.sleep(0.02)
                continue
            assert answer.status_code == HTTPStatus.OK, answer.text
            self.answered.append(answer.headers["x-axiom-request-id"])


def written(installation: Installation) -> set[str]:
    installation.settled()
    rows = installation.rows("SELECT public_id FROM usage_usagerecord")
    return {row["public_id"] for row in rows}


@pytest.mark.parametrize("part", ["gateway", "worker", "broker"])
def test_whatever_is_killed_under_load_each_answer_has_its_row_and_no_row_is_invented(
    installation, script, part
):
    before = written(installation)
    load = Load(script)

    with load.running():
        load.until_some_more()
        kill(installation, part)
        until(lambda: answers(installation), "the gateway")
        load.until_some_more()

    answered = set(load.answered)
    until(lambda: written(installation) >= answered, "the row of every answer")
    assert len(load.answered) == len(answered)
    # A call whose answer was on its way when its gateway was killed may have its row already.
    under_way = CLIENTS if part == "gateway" else 0
    assert len(written(installation) - before - answered) <= under_way
    assert not load.failed or part == "gateway"


@pytest.fixture(scope="module")
def admin(installation: Installation) -> AdminSession:
    return AdminSession(installation)


def test_a_revoked_key_stops_within_a_second(installation, provider, admin):
    script = Script(installation, installation.token("to be revoked"))
    assert script.chat().status_code == HTTPStatus.OK
    (key,) = installation.rows("SELECT * FROM accounts_apikey WHERE name = 'to be revoked'")

    admin.press(f"/admin/accounts/apikey/{key['public_id']}/revoke/")
    revoked_at = began = time.monotonic()
    while (answer := script.chat()).ok:
        assert began - revoked_at < NOTICED_WITHIN_S
        began = time.monotonic()

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert script.list_providers().status_code == HTTPStatus.UNAUTHORIZED


def test_another_active_model_answers_within_a_second(installation, server, script, admin):
    assert script.chat().status_code == HTTPStatus.OK
    was_active = server.seen[-1]["model"]
    (other,) = set(MODELS) - {was_active}
    (model,) = installation.rows(
        "SELECT public_id FROM providers_providermodel WHERE upstream_id = ?", other
    )

    admin.press(f"/admin/providers/providermodel/{model['public_id']}/set-active/")
    chosen_at = began = time.monotonic()
    while script.chat().ok and server.seen[-1]["model"] == was_active:
        assert began - chosen_at < NOTICED_WITHIN_S
        began = time.monotonic()

    assert server.seen[-1]["model"] == other


@contextmanager
def locked(installation: Installation) -> Iterator[None]:
    """Hold the database's only place for a writer, as a stuck backup would."""
    address = installation.folder / "db.sqlite3"
    with closing(sqlite3.connect(address, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_a_locked_database_is_503_for_a_writer_and_no_hindrance_for_chats(
    installation, server, script, provider
):
    assert script.chat().status_code == HTTPStatus.OK
    installation.settled()
    before = installation.rows("SELECT count(*) AS lines FROM usage_usagerecord")[0]["lines"]

    with locked(installation):
        refused = requests.post(
            f"{installation.portal_url}/api/v1/ai-providers",
            headers=script.headers,
            json={"name": "Late", "provider": "custom", "baseUrl": server.base_url},
            timeout=PATIENCE_S,
        )
        chats = [script.chat() for _ in range(3)]

    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert refused.json()["error"]["code"] == "DEPENDENCY_UNAVAILABLE"
    assert int(refused.headers["Retry-After"]) > 0
    assert [chat.status_code for chat in chats] == [200, 200, 200]
    installation.settled()
    after = installation.rows("SELECT count(*) AS lines FROM usage_usagerecord")[0]["lines"]
    assert after == before + len(chats)


def test_a_locked_database_is_503_for_a_page_that_writes(installation, admin, provider):
    with locked(installation):
        refused = admin.press(f"/admin/providers/provider/{provider['id']}/test/", expected=(503,))

    assert int(refused.headers["Retry-After"]) > 0
    assert "Traceback" not in refused.text


def test_a_broker_that_is_killed_loses_no_test(installation, server, script, provider):
    asked = len(server.seen)

    with server.held():
        operation = script.start_test(provider)
        server.wait_for_requests(asked + 1)
        kill(installation, "broker")
    until(lambda: script.operation(operation)["state"] in FINISHED, "the operation's end")

    assert script.operation(operation)["state"] == "succeeded"
