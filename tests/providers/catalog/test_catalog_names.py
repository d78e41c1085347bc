import pytest

from providers.catalog.names import display_name, plain_id


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("gpt-5.4-mini", "GPT-5.4 mini"),
        ("gpt-6.1-sol", "GPT-6.1 Sol"),
        ("gpt-4o", "GPT-4o"),
        ("gpt-5.1-codex-mini", "GPT-5.1 Codex Mini"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("o4-mini", "o4-mini"),
        ("claude-opus-4-6", "Claude Opus 4.6"),
        ("claude-opus-5", "Claude Opus 5"),
        ("claude-opus-5.5", "Claude Opus 5.5"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5"),
        ("us.anthropic.claude-opus-4-6-v1", "Claude Opus 4.6 (US)"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct (US)"),
        ("meta.llama4-scout-17b-instruct-v1:0", "Llama 4 Scout 17B Instruct"),
        ("amazon.nova-2-pro-preview-20251202-v1:0", "Nova 2 Pro Preview"),
        ("deepseek.v3.2", "DeepSeek V3.2"),
        ("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite"),
        ("gemma-4-31b-it", "Gemma 4 31B IT"),
        ("accounts/fireworks/models/glm-5p3-flash", "GLM-5.3-Flash"),
        ("zai-org/GLM-5.3", "GLM-5.3"),
        ("zai-glm-5-3", "GLM-5.3"),
        ("deepseek-ai/DeepSeek-V4.1-Flash", "DeepSeek V4.1 Flash"),
        ("mistral-medium-3-5", "Mistral Medium 3.5"),
        ("ministral-14b-latest", "Ministral 14B"),
        ("command-r-plus-08-2024", "Command R+ (08-2024)"),
        ("grok-4.20-non-reasoning", "Grok 4.20 Non-Reasoning"),
        ("embed-v4.0", "Embed v4.0"),
    ],
)
def test_a_model_is_spelled_as_its_vendor_does(model_id, name):
    assert display_name(model_id) == name


@pytest.mark.parametrize(
    ("model_id", "plain"),
    [
        ("gpt-5.4-2026-03-05", "gpt-5.4"),
        ("claude-opus-4-6@default", "claude-opus-4-6"),
        ("gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite"),
        ("mistral-large-4-0", "mistral-large-4"),
        ("claude-opus-4-6", "claude-opus-4-6"),
    ],
)
def test_the_plain_id_lacks_date_and_stage(model_id, plain):
    assert plain_id(model_id) == plain
