import socket

import pytest

from axiom.supervisor.ports import require_free
from axiom.supervisor.refusals import StartRefused


@pytest.fixture
def listener():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held


def test_a_taken_port_is_refused_with_the_variable_that_moves_it(listener):
    port = listener.getsockname()[1]

    with pytest.raises(StartRefused) as refused:
        require_free("127.0.0.1", port, variable="AXIOM_PORTAL_PORT")

    assert str(refused.value) == f"Port {port} is taken. Set AXIOM_PORTAL_PORT to another one."


def test_a_port_taken_on_all_addresses_is_taken_on_one():
    with socket.socket() as held:
        held.bind(("0.0.0.0", 0))  # noqa: S104 - what is tested
        held.listen()

        with pytest.raises(StartRefused, match="is taken"):
            require_free("127.0.0.1", held.getsockname()[1], variable="AXIOM_PORTAL_PORT")


def test_a_free_port_stays_free(listener):
    port = listener.getsockname()[1]
    listener.close()

    require_free("127.0.0.1", port, variable="AXIOM_PORTAL_PORT")
    require_free("127.0.0.1", port, variable="AXIOM_PORTAL_PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_refused(host):
    with pytest.raises(StartRefused, match="AXIOM_HOST"):
        require_free(host, 8000, variable="AXIOM_PORTAL_PORT")
