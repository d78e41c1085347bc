import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from accounts.api.parsers import DEEPEST, LARGEST_BYTES, StrictJSONParser, strict_json
from accounts.api.serializers import camel_case
from tests.factories import make_key

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner),
    max_leaves=10,
)


@given(plain)
def test_json_is_read_as_it_was_written(value):
    assert strict_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": 1, "a": 2}', "'a' is given twice"),
        (b'{"x": {"a": 1, "b": 2, "a": 1}}', "'a' is given twice"),
        (rb'{"a\u0000": 1}', "is not Unicode text"),
        (rb'[{"\udae9": 1}]', "is not Unicode text"),
        (b"NaN", "NaN is not"),
        (b'{"a": -Infinity}', "-Infinity is not"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "is not JSON"),
        (b'{"a": 1,}', "line 1, column"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper"),
        (b"[" * 200_000, "nested deeper"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested deeper"),
    ],
)
def test_json_that_two_readers_could_read_differently_is_refused(body, reason):
    with pytest.raises(ParseError, match=reason):
        strict_json(body)


def test_the_deepest_body_that_is_taken_is_taken():
    assert strict_json(b"[" * DEEPEST + b"]" * DEEPEST)


def test_a_body_is_read_no_further_than_the_largest():
    stream = io.BytesIO(b" " * (LARGEST_BYTES * 2))

    with pytest.raises(ParseError, match="larger than 1024 KiB"):
        StrictJSONParser().parse(stream)

    assert stream.tell() == LARGEST_BYTES + 1


@pytest.mark.parametrize(
    ("snake", "camel"),
    [("name", "name"), ("default_model", "defaultModel"), ("a_b_c", "aBC"), ("max_2_x", "max2X")],
)
def test_names_are_camel_case_outside(snake, camel):
    assert camel_case(snake) == camel


@pytest.mark.django_db
@pytest.mark.urls("tests.accounts.api.resource")
class TestOverHttp:
    def test_fields_are_camel_case_and_times_iso_in_utc(self, by_key, project):
        key, _ = make_key(project)

        shown = by_key().get(f"/keys/{key.public_id}").json()

        assert list(shown) == ["id", "projectId", "name", "expiresAt"]

    @pytest.mark.parametrize("name", ["nonsense", "expires_at", "Name", "id"])
    def test_a_field_that_can_not_be_set_is_refused_by_name(self, by_key, name):
        answer = by_key().post("/keys", {"name": "a", name: "2030-01-01T00:00:00Z"})

        assert answer.status_code == 400
        assert list(answer.json()["error"]["meta"]["fields"]) == [name]

    def test_a_known_field_arrives_in_snake_case(self, by_key):
        answer = by_key().post("/keys", {"name": "a", "expiresAt": "2030-01-01T00:00:00Z"})

        assert answer.json()["got"] == ["expires_at", "name"]

    def test_a_body_that_is_no_object_is_refused(self, by_key, call, owner):
        assert by_key().post("/keys", [1], format="json").status_code == 400
        assert call(user=owner).post("/keys", [1], format="json").status_code == 400

    def test_other_formats_are_refused(self, by_key):
        answer = by_key().post("/keys", {"name": "a"}, format="multipart")

        assert answer.status_code == 400

    def test_a_list_has_its_page_and_its_total(self, by_key, project):
        client = by_key()
        for _ in range(24):
            make_key(project)

        first = client.get("/keys").json()
        last = client.get("/keys?limit=10&offset=20").json()

        assert (len(first["data"]), first["total"], first["limit"], first["offset"]) == (
            20,
            25,
            20,
            0,
        )
        assert (len(last["data"]), last["total"], last["limit"], last["offset"]) == (5, 25, 10, 20)

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=-1",
            "offset=-1",
            "offset=1e9",
            "limit=",
            "limit=٣",
        ],
    )
    def test_a_page_that_is_out_of_bounds_is_refused(self, by_key, query):
        answer = by_key().get(f"/keys?{query}")

        assert answer.status_code == 400
        assert list(answer.json()["error"]["meta"]["fields"]) == [query.partition("=")[0]]

    @pytest.mark.parametrize("limit", [1, 100])
    def test_the_bounds_themselves_are_taken(self, by_key, limit):
        assert by_key().get(f"/keys?limit={limit}").json()["limit"] == limit
