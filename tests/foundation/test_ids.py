import re

import pytest

from foundation.ids import new_id


def test_an_id_is_its_prefix_and_sixteen_letters_or_digits():
    assert re.fullmatch(r"aip_[A-Za-z0-9]{16}", new_id("aip"))


def test_two_ids_are_never_the_same():
    ids = {new_id("prj") for _ in range(2000)}

    assert len(ids) == 2000


def test_every_letter_and_digit_occurs():
    seen = set("".join(new_id("key")[4:] for _ in range(1000)))

    assert len(seen) == 62


@pytest.mark.parametrize(
    "prefix", ["", "a", "AIP", "a_b", "ai p", "aip_", "aïp", "abcdefghi", "ai\n"]
)
def test_a_prefix_that_is_not_a_short_lowercase_word_is_refused(prefix):
    with pytest.raises(ValueError, match="lowercase letters"):
        new_id(prefix)
