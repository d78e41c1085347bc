from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.egress import AllowRule, EgressError, Policy, Refused, resolve
from foundation.egress.addresses import METADATA_ADDRESSES, sort_of

EVERYTHING = (AllowRule("0.0.0.0/0"), AllowRule("::/0"))


def reached(url, *rules, answer=()):
    """The address that a URL leads to under these rules; raises Refused where it leads nowhere."""
    return resolve(url, Policy(rules=rules), resolver=lambda _host, _port: list(answer)).address


class TestRules:
    @pytest.mark.parametrize(
        "target", ["10.1.2.3", "10.1.2.3/32", "10.1.0.0/16", "10.1.2.9/16", "0.0.0.0/0"]
    )
    def test_a_rule_opens_an_address_in_its_range(self, target):
        assert reached("http://10.1.2.3:8000", AllowRule(target)) == "10.1.2.3"
        assert reached("http://gpu.example", AllowRule(target), answer=["10.1.2.3"]) == "10.1.2.3"

    @pytest.mark.parametrize("target", ["10.2.0.0/16", "10.1.2.4", "::/0", "gpu.example"])
    def test_a_rule_opens_nothing_outside_it(self, target):
        with pytest.raises(Refused):
            reached("http://10.1.2.3:8000", AllowRule(target))

    def test_an_ipv6_range_is_written_as_such(self):
        assert reached("http://[fd12::7]", AllowRule("fd12::/16")) == "fd12::7"

    @pytest.mark.parametrize("spelling", ["gpu.internal", "GPU.Internal", "gpu.internal."])
    @pytest.mark.parametrize("host", ["gpu.internal", "gpu.INTERNAL."])
    def test_a_host_rule_opens_whatever_its_dns_gives(self, spelling, host):
        rule = AllowRule(spelling)

        assert reached(f"http://{host}", rule, answer=["10.0.0.7"]) == "10.0.0.7"
        assert reached(f"http://{host}", rule, answer=["127.0.0.1"]) == "127.0.0.1"

    @pytest.mark.parametrize("host", ["gpu2.internal", "a.gpu.internal", "internal", "10.0.0.7"])
    def test_a_host_rule_opens_no_other_name(self, host):
        with pytest.raises(Refused):
            reached(f"http://{host}", AllowRule("gpu.internal"), answer=["10.0.0.7"])

    def test_an_international_host_rule_matches_its_ascii_form(self):
        rule = AllowRule("bücher.internal")

        assert reached("http://xn--bcher-kva.internal", rule, answer=["10.0.0.7"]) == "10.0.0.7"

    @pytest.mark.parametrize("target", ["10.0.0.0/8", "gpu.internal"])
    def test_a_port_narrows_a_rule(self, target):
        rule = AllowRule(target, 11434)

        assert reached("http://gpu.internal:11434", rule, answer=["10.0.0.7"]) == "10.0.0.7"
        with pytest.raises(Refused, match="port 80"):
            reached("http://gpu.internal", rule, answer=["10.0.0.7"])

    def test_every_address_of_an_answer_needs_a_rule(self):
        with pytest.raises(Refused, match=r"192\.168\.0\.1"):
            reached(
                "http://gpu.example", AllowRule("10.0.0.0/8"), answer=["10.0.0.7", "192.168.0.1"]
            )

    def test_an_explicit_rule_opens_loopback_alone(self):
        rule = AllowRule("127.0.0.1", 11434)

        assert reached("http://127.0.0.1:11434", rule) == "127.0.0.1"
        with pytest.raises(Refused):
            reached("http://127.0.0.2:11434", rule)

    def test_a_refusal_tells_the_rule_to_ask_for(self):
        with pytest.raises(Refused, match=r"an allow rule for gpu\.internal port 11434\."):
            reached("http://gpu.internal:11434", answer=["10.0.0.7"])


class TestDisguises:
    @pytest.mark.parametrize(
        ("disguises", "around_public", "around_private"),
        [
            ("64:ff9b::/96", "64:ff9b::808:808", "64:ff9b::a00:1"),
            ("64:ff9b:1::/48", "64:ff9b:1::808:808", "64:ff9b:1::a00:1"),
            ("::ffff:0:0/96", "::ffff:808:808", "::ffff:a00:1"),
            ("::ffff:0:0:0/96", "::ffff:0:808:808", "::ffff:0:a00:1"),
            ("::/96", "::808:808", "::a00:1"),
            ("2002::/16", "2002:808:808::1", "2002:a00:1::1"),
        ],
    )
    def test_a_range_of_disguises_opens_no_private_address_inside_them(
        self, disguises, around_public, around_private
    ):
        rule = AllowRule(disguises)

        assert ip_address(reached(f"http://[{around_public}]", rule)) == ip_address(around_public)
        with pytest.raises(Refused, match=r"10\.0\.0\.1\) is a private address"):
            reached(f"http://[{around_private}]", rule)

    @pytest.mark.parametrize(
        "host", ["[::ffff:10.0.0.1]", "[2002:a00:1::1]", "[64:ff9b::a00:1]", "[::10.0.0.1]"]
    )
    def test_a_rule_for_the_inner_address_does_not_open_its_disguise(self, host):
        with pytest.raises(Refused, match="disguise"):
            reached(f"http://{host}", AllowRule("10.0.0.0/8"))

    @pytest.mark.parametrize("host", ["[2002:a00:1::1]", "[::10.0.0.1]", "[64:ff9b:1::a00:1]"])
    def test_rules_for_both_open_it(self, host):
        rules = (AllowRule(host.strip("[]")), AllowRule("10.0.0.1"))

        assert reached(f"http://{host}", *rules) == str(ip_address(host.strip("[]")))

    def test_both_addresses_inside_teredo_count(self):
        # Server 8.8.8.8; client 10.0.0.1, its bits turned.
        host = "2001:0:808:808:0:0:f5ff:fffe"

        with pytest.raises(Refused, match=r"10\.0\.0\.1\) is a private address"):
            reached(f"http://[{host}]", AllowRule("2001::/32"))


class TestMetadata:
    @pytest.mark.parametrize("address", sorted(map(str, METADATA_ADDRESSES)))
    def test_no_range_opens_it_however_narrow(self, address):
        literal = ip_address(address)
        host = f"[{address}]" if literal.version == 6 else address
        ranges = [
            AllowRule(str(ip_network((address, prefix), strict=False)))
            for prefix in range(literal.max_prefixlen)
        ]

        with pytest.raises(Refused, match="a range does not"):
            reached(f"http://{host}", *ranges)

    @pytest.mark.parametrize("address", sorted(map(str, METADATA_ADDRESSES)))
    def test_a_rule_for_exactly_that_address_opens_it(self, address):
        literal = ip_address(address)
        host = f"[{address}]" if literal.version == 6 else address

        assert reached(f"http://{host}", AllowRule(address)) == address
        assert reached(f"http://{host}", AllowRule(f"{address}/{literal.max_prefixlen}")) == address

    def test_the_port_of_that_rule_counts(self):
        with pytest.raises(Refused):
            reached("http://169.254.169.254", AllowRule("169.254.169.254", 8080))

    def test_a_rule_for_exactly_that_name_opens_it(self):
        rule = AllowRule("metadata.google.internal")

        address = reached("http://metadata.google.internal", rule, answer=["169.254.169.254"])

        assert address == "169.254.169.254"

    @pytest.mark.parametrize("answer", ["169.254.169.254", "93.184.215.14"])
    def test_its_name_is_refused_wherever_it_leads(self, answer):
        with pytest.raises(Refused, match=r"metadata\.google\.internal is a cloud's metadata"):
            reached("http://metadata.google.internal", *EVERYTHING, answer=[answer])

    def test_a_rule_for_another_host_does_not_open_it_through_dns(self):
        with pytest.raises(Refused, match="metadata service"):
            reached("http://gpu.internal", AllowRule("gpu.internal"), answer=["169.254.169.254"])

    @pytest.mark.parametrize(
        "host", ["[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"]
    )
    def test_it_is_recognised_in_disguise(self, host):
        with pytest.raises(Refused, match="metadata service"):
            reached(f"http://{host}", *EVERYTHING)


class TestWritingRules:
    @pytest.mark.parametrize(
        "target",
        [
            "",
            "*",
            "*.internal",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "0x7f000001",
            "127.1",
            "167772161",
            "http://gpu.internal",
            "gpu.internal:8080",
            "gpu.internal/v1",
            "[::1]",
            "fe80::1%eth0",
            "gpu internal",
            "g\u0440u.internal",
        ],
    )
    def test_a_target_that_is_neither_host_nor_range_is_refused(self, target):
        with pytest.raises(ValueError, match=r"\.$"):
            AllowRule(target)

    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_a_port_out_of_range_is_refused(self, port):
        with pytest.raises(ValueError, match="from 1 to 65535"):
            AllowRule("10.0.0.1", port)

    @pytest.mark.parametrize("port", [None, 1, 65535])
    def test_a_port_in_range_or_none_is_fine(self, port):
        assert AllowRule("10.0.0.1", port).port == port


@given(st.ip_addresses(), st.integers(0, 128), st.ip_addresses())
def test_what_a_rule_opens_is_public_or_in_its_range(base, prefix, address):
    network = ip_network((base, prefix % (base.max_prefixlen + 1)), strict=False)
    host = f"[{address}]" if address.version == 6 else str(address)

    try:
        reached(f"http://{host}", AllowRule(str(network)))
    except EgressError:
        return

    assert address in network or sort_of(address) is None
