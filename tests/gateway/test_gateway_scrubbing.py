"""A provider's error loses its secrets, and is cut to what can be read and written."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.scrubbing import scrubbed

KEY = "sk-verysecretkey0123456789"
MOST = 40_000  # characters of an error that travels on, however large it came


def nested(depth):
    return {"error": {"message": "too deep", "more": orjson.loads("[" * depth + "]" * depth)}}


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_scrubbing_leaves_a_value_its_shape(value):
    clean = scrubbed({"error": value}, ("never-in-there",))["error"]

    assert type(clean) is type(value)
    if isinstance(value, (list, dict)):
        assert len(clean) == len(value)


def test_a_long_text_is_cut_and_what_stands_beside_it_stays():
    error = {"message": "a long tale. " * 100_000, "type": "server_error", "code": 500}

    clean = scrubbed({"error": error}, (KEY,))["error"]

    assert clean["message"].startswith("a long tale. ")
    assert clean["message"].endswith("…")
    assert len(clean["message"]) < MOST
    assert (clean["type"], clean["code"]) == ("server_error", 500)


def test_many_texts_are_cut_together():
    clean = scrubbed({"error": {"message": "first", "errors": ["word " * 500] * 1_000}}, (KEY,))

    assert clean["error"]["message"] == "first"
    assert len(orjson.dumps(clean)) < MOST
    assert len(clean["error"]["errors"]) == 1_000


def test_no_cut_leaves_half_a_secret():
    opaque = "z9" * 60  # nobody's known secret: it is told by its length

    for before in range(3_900, 4_200):
        words = " " * before
        clean = scrubbed({"known": words + KEY, "opaque": words + opaque}, (KEY,))
        assert "sk-v" not in clean["known"]
        assert "z9" not in clean["opaque"]


def test_what_is_nested_without_end_can_be_written_again():
    clean = scrubbed(nested(1_000), (KEY,))

    assert clean["error"]["message"] == "too deep"
    assert b"too deep" in orjson.dumps(clean)
