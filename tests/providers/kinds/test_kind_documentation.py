import itertools
from pathlib import Path

from providers.kinds import documentation
from providers.kinds.registry import KINDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "kinds.md"


def test_the_page_of_kinds_is_current():
    assert PAGE.read_text() == documentation.markdown(), (
        "Write it again: .venv/bin/python -m providers.kinds.documentation > docs/kinds.md"
    )


def test_every_kind_and_every_field_of_its_own_is_on_the_page():
    page = documentation.markdown()

    for kind in KINDS.values():
        assert f"| {kind.label} | `{kind.slug}`" in page
        for field in kind.fields:
            assert f"| {kind.label} | {field.label} | `{field.name}`" in page


def test_a_kind_that_takes_a_key_alone_is_not_spelled_out():
    assert "| Groq | API key" not in documentation.markdown()
    assert "| OpenAI | API key (secret) | `api_key` | yes |" in documentation.markdown()


def test_every_row_has_as_many_cells_as_its_table():
    rows = [line for line in documentation.markdown().splitlines() if line.startswith("|")]

    for above, row in itertools.pairwise(rows):
        is_head = above.startswith("| kind") or row.startswith("| kind")
        assert is_head or above.count(" | ") == row.count(" | "), row


def test_what_the_terms_forbid_comes_with_what_to_do_instead():
    page = documentation.markdown()

    assert "| Anthropic (Claude Pro/Max) | prohibited | 2026-11-20 | Anthropic allows" in page
