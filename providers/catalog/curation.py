"""The curation, and all of it: which models each kind offers, the strongest line first.

A new generation of a known line comes in by itself; a new family needs a line here.
"""

from providers.catalog.shelves import Family, Shelf, family, legacy

V = r"(?P<v>1?\d(?:[.p]\d+)?)"
"""A generation as most ids write it: 5.4, or 5p4."""
DASHED = r"(?P<v>\d{1,2}(?:-\d{1,2})?)"
"""A generation as Anthropic and Mistral write it: 4-6."""


def _claude(before: str = "", after: str = "", version: str = DASHED) -> Family:
    tiers = ("fable", "mythos", "opus", "sonnet", "haiku")
    return Family(tuple(f"{before}claude-{tier}-{version}{after}" for tier in tiers))


_GPT = family(
    rf"gpt-{V}-astra",
    rf"gpt-{V}-sol",
    rf"gpt-{V}",
    rf"gpt-{V}-terra",
    rf"gpt-{V}-mini",
    rf"gpt-{V}-luna",
    rf"gpt-{V}-nano",
    rf"gpt-{V}o",
    rf"gpt-{V}o-mini",
    rf"gpt-{V}-turbo",
)
_O_SERIES = legacy(rf"o{V}", rf"o{V}-mini")
_OPENAI_EMBEDDINGS = family(r"text-embedding-3-large", r"text-embedding-3-small")
_OPENAI_OLD_EMBEDDINGS = legacy(r"text-embedding-ada-002")
_OPENAI = (_GPT, _O_SERIES, _OPENAI_EMBEDDINGS, _OPENAI_OLD_EMBEDDINGS)

_GEMINI = family(
    rf"gemini-{V}-argon",
    rf"gemini-{V}-pro(?:-preview)?",
    rf"gemini-{V}-flash(?:-preview)?",
    rf"gemini-{V}-flash-lite(?:-preview)?",
)
_CODEX = family(
    rf"gpt-{V}-astra",
    rf"gpt-{V}-sol",
    rf"gpt-{V}-codex",
    rf"gpt-{V}-codex-max",
    rf"gpt-{V}",
    rf"gpt-{V}-terra",
    rf"gpt-{V}-luna",
    rf"gpt-{V}-codex-mini",
)
_FIREWORKS = r"accounts/fireworks/models/"
_US = r"(?:us\.)?"
_BEDROCK_REVISION = r"(?:-\d{8})?(?:-v\d)?(?::\d)?"

SHELVES = (
    Shelf("openai", frozenset({"openai"}), _OPENAI, vendor="openai"),
    Shelf("anthropic", frozenset({"anthropic"}), (_claude(),), vendor="anthropic"),
    Shelf("claude-sdk", frozenset({"anthropic"}), (_claude(),), is_priced=False),
    Shelf(
        "google",
        frozenset({"gemini"}),
        (
            _GEMINI,
            family(rf"gemma-{V}-.+-it"),
            family(r"gemini-embedding-2", r"gemini-embedding-001"),
        ),
        prefix="gemini/",
        vendor="google",
    ),
    Shelf(
        "vertex",
        frozenset({"vertex_ai", "vertex_ai-language-models"}),
        (_GEMINI,),
        prefix="vertex_ai/",
        vendor="google",
    ),
    Shelf(
        "vertex-anthropic",
        frozenset({"vertex_ai-anthropic_models"}),
        (_claude(),),
        prefix="vertex_ai/",
        vendor="google",
    ),
    Shelf("azure", frozenset({"azure"}), _OPENAI, prefix="azure/", vendor="azure"),
    Shelf(
        "bedrock",
        frozenset({"bedrock_converse"}),
        (
            _claude(_US + r"anthropic\.", _BEDROCK_REVISION),
            family(
                rf"{_US}amazon\.nova-{V}-pro.*",
                rf"{_US}amazon\.nova-{V}-lite.*",
                rf"{_US}amazon\.nova-premier-v{V}:0",
                rf"{_US}amazon\.nova-pro-v{V}:0",
                rf"{_US}amazon\.nova-lite-v{V}:0",
                rf"{_US}amazon\.nova-micro-v{V}:0",
            ),
            family(
                rf"{_US}meta\.llama{DASHED}-maverick.+",
                rf"{_US}meta\.llama{DASHED}-scout.+",
                rf"{_US}meta\.llama{DASHED}-70b-.+",
            ),
            family(
                rf"mistral\.mistral-large-{V}-.+",
                r"mistral\.magistral-small-.+",
                r"mistral\.devstral-.+",
                r"mistral\.ministral-3-14b-.+",
                r"mistral\.ministral-3-8b-.+",
                r"mistral\.ministral-3-3b-.+",
            ),
            family(rf"{_US}deepseek\.v{V}"),
            family(rf"{_US}moonshotai\.kimi-k{V}"),
            family(rf"{_US}zai\.glm-{V}"),
            family(r"openai\.gpt-oss-120b-1:0", r"openai\.gpt-oss-20b-1:0"),
            family(r"qwen\.qwen3-235b-a22b-2507-v1:0", r"qwen\.qwen3-coder-next"),
        ),
        vendor="aws",
        generations_per_line=3,
    ),
    Shelf(
        "mistral",
        frozenset({"mistral"}),
        (
            family(rf"mistral-large-{DASHED}"),
            family(r"mistral-medium-(?P<v>\d-\d)"),
            family(r"mistral-small-latest"),
            family(r"magistral-medium-latest", r"magistral-small-latest"),
            family(r"devstral-medium-latest", r"devstral-small-latest", r"codestral-latest"),
            family(r"ministral-14b-latest", r"ministral-8b-latest", r"ministral-3b-latest"),
            family(r"zai-glm-\d-\d", r"zai-glm-\d-\d-flash", r"deepseek-v\d-\d-flash-\d{4}"),
            legacy(r"pixtral-large-latest", r"open-mistral-nemo"),
            family(r"mistral-embed", r"codestral-embed"),
        ),
        prefix="mistral/",
        vendor="mistral",
    ),
    Shelf(
        "deepseek",
        frozenset({"deepseek"}),
        (family(rf"deepseek-v{V}-pro", r"deepseek-flash", rf"deepseek-v{V}-flash"),),
        prefix="deepseek/",
        vendor="deepseek",
    ),
    Shelf(
        "xai",
        frozenset({"xai"}),
        (
            family(rf"grok-{V}", rf"grok-{V}-reasoning", rf"grok-{V}-non-reasoning"),
            family(rf"grok-build-{V}"),
        ),
        prefix="xai/",
        vendor="x-ai",
    ),
    Shelf(
        "groq",
        frozenset({"groq"}),
        (
            family(rf"qwen/qwen{V}-.+"),
            family(rf"(?:meta-llama/)?llama-{V}-.+"),
            family(rf"moonshotai/kimi-k{V}.*"),
            family(r"openai/gpt-oss-120b", r"openai/gpt-oss-20b"),
        ),
        prefix="groq/",
        vendor="groq",
    ),
    Shelf(
        "together",
        frozenset({"together_ai"}),
        (
            family(rf"moonshotai/Kimi-K{V}.*"),
            family(rf"deepseek-ai/DeepSeek-V{V}-Pro.*", rf"deepseek-ai/DeepSeek-V{V}-Flash.*"),
            family(rf"zai-org/GLM-{V}", rf"zai-org/GLM-{V}-Flash"),
            family(rf"Qwen/Qwen{V}-(?:Max|\d.*)", rf"Qwen/Qwen{V}-(?:Plus|Flash)"),
            family(r"meta-models/Muse-.+", rf"meta-llama/Llama-{V}-.+"),
            family(rf"MiniMaxAI/MiniMax-M{V}", rf"MiniMaxAI/MiniMax-M{V}-.+"),
            family(r"openai/gpt-oss-120b", r"openai/gpt-oss-20b"),
            family(r"nvidia/.+", r"reflection/.+", r"thinkingmachines/.+"),
            family(r"BAAI/bge-.+", r"intfloat/.+", r"togethercomputer/m2-bert-.+"),
        ),
        prefix="together_ai/",
        vendor="together",
    ),
    Shelf(
        "fireworks",
        frozenset({"fireworks_ai", "fireworks_ai-embedding-models"}),
        (
            family(rf"{_FIREWORKS}kimi-k{V}.*"),
            family(
                rf"{_FIREWORKS}deepseek-v{V}-pro(?:-\d{{4}})?",
                rf"{_FIREWORKS}deepseek-v{V}-flash(?:-\d{{4}})?",
            ),
            family(rf"{_FIREWORKS}glm-{V}", rf"{_FIREWORKS}glm-{V}-flash"),
            family(rf"{_FIREWORKS}qwen{V}-(?:max|plus)"),
            family(rf"{_FIREWORKS}minimax-m{V}.*"),
            family(rf"{_FIREWORKS}muse-.+", rf"{_FIREWORKS}llama4-.+"),
            family(rf"{_FIREWORKS}gpt-oss-120b", rf"{_FIREWORKS}gpt-oss-20b"),
            family(rf"{_FIREWORKS}nemotron-.+", rf"{_FIREWORKS}inkling", rf"{_FIREWORKS}ember-1"),
            family(rf"{_FIREWORKS}qwen3-embedding-8b", r"nomic-ai/nomic-embed-text-v1\.5"),
        ),
        prefix="fireworks_ai/",
        vendor="fireworks",
    ),
    Shelf(
        "cohere",
        frozenset({"cohere", "cohere_chat"}),
        (
            family(r"command-a-plus-\d\d-\d{4}", r"command-a-\d\d-\d{4}"),
            legacy(
                r"command-r-plus-\d\d-\d{4}", r"command-r-\d\d-\d{4}", r"command-r7b-\d\d-\d{4}"
            ),
            family(
                rf"embed-v{V}-pro",
                rf"embed-v{V}-fast",
                rf"embed-v{V}",
                rf"embed-(?:multilingual|english)-v{V}",
            ),
        ),
        prefix="cohere/",
        vendor="cohere",
    ),
    Shelf(
        "moonshot",
        frozenset({"moonshot"}),
        (family(rf"kimi-k{V}-pro", rf"kimi-k{V}", rf"kimi-k{V}-code"),),
        prefix="moonshot/",
        vendor="moonshotai",
    ),
    Shelf(
        "zai",
        frozenset({"zai"}),
        (
            family(
                rf"glm-{V}",
                rf"glm-{V}-code",
                rf"glm-{V}v(?:-turbo)?",
                rf"glm-{V}-x",
                rf"glm-{V}-air",
                rf"glm-{V}-airx",
                rf"glm-{V}-flash",
            ),
        ),
        prefix="zai/",
        vendor="zai",
    ),
    Shelf("anthropic-oauth", frozenset({"anthropic"}), (_claude(),), is_priced=False),
    Shelf(
        "openai-codex",
        frozenset({"chatgpt"}),
        (_CODEX,),
        prefix="chatgpt/",
        modes=frozenset({"responses"}),
        is_priced=False,
    ),
    Shelf(
        "google-antigravity", frozenset({"gemini"}), (_GEMINI,), prefix="gemini/", is_priced=False
    ),
    Shelf(
        "github-copilot",
        frozenset({"github_copilot"}),
        (
            _claude(version=V),
            family(r"gpt-(?P<v>[5-9](?:\.\d+)?)(?:-mini)?"),
            _GEMINI,
            family(rf"grok-{V}"),
            family(rf"kimi-k{V}"),
        ),
        prefix="github_copilot/",
        vendor="github-copilot",
    ),
)
