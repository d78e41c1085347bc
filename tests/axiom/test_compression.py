"""Answers are compressed where that helps, and left alone where it would not."""

import gzip

import pytest

ACCEPTS = {"Accept-Encoding": "gzip"}


def content_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("name", ["axiom/axiom.js", "axiom/css/lists.css", "axiom/css/fonts.css"])
def test_words_are_compressed(client, name):
    answer = client.get(f"/static/{name}", headers=ACCEPTS)

    packed = content_of(answer)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < len(gzip.decompress(packed)) / 2


def test_fonts_are_compressed_already(client):
    answer = client.get("/static/axiom/fonts/inter-latin-bold.woff2", headers=ACCEPTS)

    assert "Content-Encoding" not in answer.headers
    assert content_of(answer).startswith(b"wOF2")


@pytest.mark.django_db
def test_pages_are_compressed_for_whoever_takes_it(client):
    packed = client.get("/admin/login/", headers=ACCEPTS)
    plain = client.get("/admin/login/")

    assert b"Sign in" in gzip.decompress(packed.content)
    assert b"Sign in" in plain.content
    assert packed.headers["Vary"].count("Accept-Encoding") == 1
