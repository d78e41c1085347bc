"""The client's TLS: the host's name is asked for and verified, at the address that was checked."""

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from providers.kinds.vocabulary import ErrorClass

NAME = "api.example.test"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PATIENTLY = 20.0


def _certificate(name, folder):
    """Make a certificate that signs itself, and return its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def make_tls(tmp_path, monkeypatch):
    def make(name, *, is_trusted):
        file = _certificate(name, tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if is_trusted:
            monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(file))
        return context

    return make


def test_tls_asks_for_and_verifies_the_hosts_name_at_the_pinned_address(
    serve, request_to, client, make_tls
):
    context = make_tls(NAME, is_trusted=True)
    asked = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}", tls=context)

    answer = client.send(request_to(server, scheme="https"), timeout_s=PATIENTLY)

    assert answer.status == 200
    assert asked == [NAME]
    assert f"host: {NAME}:{server.port}".encode() in server.heard[0].lower()


def test_a_certificate_of_another_name_is_refused(serve, failure_of, make_tls):
    context = make_tls("other.example.test", is_trusted=True)
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}", tls=context)

    failure = failure_of(server, scheme="https")

    assert failure.error_class is ErrorClass.UNREACHABLE
    assert "is not trusted" in failure.message
    assert not server.heard


def test_a_certificate_that_nobody_vouches_for_is_refused(serve, failure_of, make_tls):
    context = make_tls(NAME, is_trusted=False)
    server = serve(OK + b"Content-Length: 2\r\n\r\n{}", tls=context)

    failure = failure_of(server, scheme="https")

    assert failure.error_class is ErrorClass.UNREACHABLE
    assert "self-signed certificate" in failure.message
    assert not server.heard
