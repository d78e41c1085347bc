import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.egress import (
    CannotResolve,
    Destination,
    EgressError,
    Policy,
    Refused,
    resolve,
    system_resolver,
    validate_url,
)

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Dns:
    """Answers each question with the next of its answers, and remembers the questions."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = []

    def __call__(self, host, port):
        self.questions.append((host, port))
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port"),
    [
        ("https://api.example.com/v1", "https", "api.example.com", 443),
        ("http://api.example.com", "http", "api.example.com", 80),
        ("HTTPS://API.Example.COM/V1", "https", "api.example.com", 443),
        ("https://api.example.com./v1", "https", "api.example.com", 443),
        ("https://api.example.com:8443/v1?version=2", "https", "api.example.com", 8443),
        ("https://api.example.com:/v1", "https", "api.example.com", 443),
        ("https://api.example.com/a@b", "https", "api.example.com", 443),
        ("http://example.com:65535", "http", "example.com", 65535),
        ("http://example.com:1", "http", "example.com", 1),
        ("http://gpu_1.example", "http", "gpu_1.example", 80),
        ("http://xn--bcher-kva.example", "http", "xn--bcher-kva.example", 80),
        ("http://1password.example", "http", "1password.example", 80),
        ("http://0x.example", "http", "0x.example", 80),
    ],
)
def test_a_plain_url_leads_to_its_host(url, scheme, host, port):
    dns = Dns([PUBLIC])

    destination = resolve(url, Policy(), resolver=dns)

    assert destination == Destination(scheme, host, port, PUBLIC)
    assert dns.questions == [(host, port)]


@pytest.mark.parametrize(
    ("host", "on_the_wire"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("пример.example", "xn--e1afmkfd.example"),
        ("日本語.jp", "xn--wgv71a119e.jp"),
        ("ひらがなカタカナ漢字abc.jp", None),
        ("한국어abc.kr", None),
        ("مثال.example", "xn--mgbh0fb.example"),
        ("ｅｘａｍｐｌｅ.com", "example.com"),
        ("ⓔxample。com", "example.com"),
    ],
)
def test_an_international_name_is_looked_up_in_its_ascii_form(host, on_the_wire):
    destination = resolve(f"https://{host}/", Policy(), resolver=Dns([PUBLIC]))

    assert destination.host.isascii()
    assert on_the_wire in {None, destination.host}


def test_a_name_of_one_foreign_alphabet_is_shown_in_its_ascii_form():
    # All five letters are Cyrillic, and read as "apple".
    destination = resolve("https://аррӏе.com", Policy(), resolver=Dns([PUBLIC]))

    assert destination.host == "xn--80ak6aa92e.com"


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "100.63.255.255", "100.128.0.0", "1.1.1.1"])
def test_a_public_ipv4_address_is_used_without_a_look_up(address):
    dns = Dns()

    destination = resolve(f"http://{address}:8080/", Policy(), resolver=dns)

    assert destination == Destination("http", address, 8080, address)
    assert dns.questions == []


@pytest.mark.parametrize("address", [PUBLIC_V6, "2606:4700::1111", "2001:4860:4860::8888"])
def test_a_public_ipv6_address_stands_in_brackets_and_comes_back_without(address):
    destination = resolve(f"https://[{address.upper()}]:8443/", Policy())

    assert destination == Destination("https", address, 8443, address)


def test_all_addresses_of_an_answer_are_kept_in_its_order_and_once():
    dns = Dns([PUBLIC_V6, PUBLIC, PUBLIC_V6])

    destination = resolve("https://api.example.com", Policy(), resolver=dns)

    assert (destination.address, destination.others) == (PUBLIC_V6, (PUBLIC,))


def test_a_name_is_looked_up_once_so_a_second_answer_changes_nothing():
    dns = Dns([PUBLIC], ["127.0.0.1"])

    destination = resolve("https://rebound.example", Policy(), resolver=dns)

    assert destination.address == PUBLIC
    assert len(dns.questions) == 1


def test_a_name_that_is_public_when_saved_and_private_when_called_is_refused_then():
    dns = Dns([PUBLIC], ["10.0.0.7"])

    validate_url("https://rebound.example/v1", Policy(), resolver=dns)

    with pytest.raises(Refused, match=r"rebound\.example \(10\.0\.0\.7\) is a private address"):
        resolve("https://rebound.example/v1", Policy(), resolver=dns)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("private", ["fd12:3456::7", "fe80::1", "::1", "::ffff:10.0.0.1"])
def test_an_ipv6_name_with_one_private_answer_among_public_ones_is_refused(private, position):
    answer = [PUBLIC_V6, "2606:4700::1111"]
    answer.insert(position, private)

    with pytest.raises(Refused, match=r"^mixed\.example \("):
        resolve("https://mixed.example/", Policy(), resolver=Dns(answer))


class TestLocalhost:
    def test_it_is_refused_by_default(self):
        with pytest.raises(Refused, match=r"localhost \(127\.0\.0\.1\) is a loopback address"):
            resolve("http://localhost:11434", Policy(), resolver=Dns(["127.0.0.1"]))

    def test_where_allowed_ipv4_comes_first_because_ollama_listens_there(self):
        dns = Dns(["::1", "127.0.0.1"])

        destination = resolve("http://localhost:11434", Policy(allow_loopback=True), resolver=dns)

        assert destination == Destination("http", "localhost", 11434, "127.0.0.1", ("::1",))

    @pytest.mark.parametrize("address", ["10.0.0.1", "0.0.0.1", "::ffff:127.0.0.1", "192.168.1.1"])
    def test_its_name_opens_nothing_but_loopback(self, address):
        with pytest.raises(Refused):
            resolve("http://localhost", Policy(allow_loopback=True), resolver=Dns([address]))

    def test_the_operating_system_knows_it(self):
        destination = resolve("http://localhost:11434", Policy(allow_loopback=True))

        assert ip_address(destination.address).is_loopback


class TestFailures:
    @pytest.mark.parametrize(
        "error",
        [
            socket.gaierror(-2, "no such name"),
            TimeoutError(),
            UnicodeEncodeError("idna", "absent", 0, 1, "label too long"),
        ],
    )
    def test_a_host_without_an_address_says_so(self, error):
        def broken(_host, _port):
            raise error

        with pytest.raises(CannotResolve, match=r"absent\.example has no address") as failure:
            resolve("https://absent.example", Policy(), resolver=broken)

        assert failure.value.host == "absent.example"

    def test_an_empty_answer_is_no_address(self):
        with pytest.raises(CannotResolve):
            resolve("https://absent.example", Policy(), resolver=Dns([]))

    @pytest.mark.parametrize("answer", ["", "nonsense", "127.1", "fd00:ec2::254%eth0", "fe80::1%1"])
    def test_an_answer_that_is_no_plain_address_is_refused(self, answer):
        with pytest.raises(Refused, match="not usable"):
            resolve("https://odd.example", Policy(), resolver=Dns([PUBLIC, answer]))

    def test_both_failures_are_one_kind_of_value_error(self):
        assert issubclass(Refused, EgressError)
        assert issubclass(CannotResolve, EgressError)
        assert issubclass(EgressError, ValueError)

    def test_a_form_gets_the_same_verdict(self):
        with pytest.raises(Refused):
            validate_url("http://inside.example", Policy(), resolver=Dns(["10.0.0.1"]))

        validate_url("http://outside.example", Policy(), resolver=Dns([PUBLIC]))


def test_the_system_gives_addresses_of_a_literal_without_asking_anybody():
    assert system_resolver("127.0.0.1", 80) == ["127.0.0.1"]


# Every address, with the special ranges far more often than chance would have them.
SPECIAL_RANGES = """
    10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16
    198.18.0.0/15 224.0.0.0/4 240.0.0.0/4 ::/95 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64
    2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""
special = st.sampled_from(SPECIAL_RANGES.split()).flatmap(
    lambda network: st.ip_addresses(network=network)
)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), special)


@given(st.lists(addresses, min_size=1, max_size=4), st.booleans())
def test_no_address_that_is_not_global_is_returned_without_a_rule(answer, allow_loopback):
    dns = Dns([str(address) for address in answer])

    try:
        destination = resolve(
            "https://any.example", Policy(allow_loopback=allow_loopback), resolver=dns
        )
    except Refused:
        return

    for address in map(ip_address, (destination.address, *destination.others)):
        is_allowed_loopback = allow_loopback and address.is_loopback
        assert is_allowed_loopback or (address.is_global and not address.is_multicast)


@given(addresses)
def test_an_address_gets_the_same_verdict_literally_and_by_name(address):
    host = f"[{address}]" if address.version == 6 else str(address)

    def is_refused(url, *answer):
        try:
            resolve(url, Policy(), resolver=Dns(list(answer)))
        except Refused:
            return True
        return False

    assert is_refused(f"http://{host}") == is_refused("http://any.example", str(address))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else_escapes(text):
    for url in (text, f"http://{text}", f"https://{text}/v1", f"http://example.com:{text}"):
        try:
            destination = resolve(url, Policy(), resolver=lambda _host, _port: [PUBLIC])
        except EgressError:
            continue
        assert destination.host.isascii()
        assert 1 <= destination.port <= 65535
