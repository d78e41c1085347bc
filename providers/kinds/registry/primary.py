"""The kinds that most people look for first."""

from providers.kinds import credentials, headers
from providers.kinds.declaration import Field, Group, Terms, TermsStatus
from providers.kinds.dialects import urls
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.openai_embeddings import OpenAIEmbeddings
from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.kind import REVIEWED_ON, Kind
from providers.kinds.listings import CATALOG, AnthropicModels, OllamaTags, OpenAIModels

PRIMARY = (
    Kind(
        "openai",
        "OpenAI",
        Group.PRIMARY,
        (
            OpenAIChat(authorize=headers.openai, limit_name="max_completion_tokens"),
            OpenAIResponses(authorize=headers.openai),
            OpenAIEmbeddings(authorize=headers.openai),
        ),
        base_url="https://api.openai.com/v1",
        fields=(
            Field(
                "organization",
                "Organization",
                placeholder="org-…",
                help="Who pays, if not the key's default.",
            ),
            Field(
                "project",
                "OpenAI project",
                placeholder="proj_…",
                help="Which project's limits count.",
            ),
        ),
        listing=OpenAIModels(authorize=headers.openai),
    ),
    Kind(
        "anthropic",
        "Anthropic",
        Group.PRIMARY,
        (AnthropicMessages(),),
        base_url="https://api.anthropic.com",
        credential=credentials.X_API_KEY,
        listing=AnthropicModels(),
        aliases=("claude-api",),
    ),
    Kind(
        "claude-sdk",
        "Claude CLI (Max or Pro)",
        Group.PRIMARY,
        (AnthropicMessages(authorize=headers.oauth_token),),
        credential=credentials.CLAUDE_TOKEN,
        runs_program=True,
        listing=CATALOG,
        terms=Terms(
            TermsStatus.PERSONAL_ONLY,
            REVIEWED_ON,
            "Your own Max or Pro login, for your own use. For a team, use an Anthropic API key.",
        ),
    ),
    Kind(
        "ollama",
        "Ollama",
        Group.PRIMARY,
        (
            OpenAIChat(address=urls.under_v1),
            AnthropicMessages(authorize=headers.bearer),
            OpenAIResponses(address=urls.under_v1),
            OpenAIEmbeddings(address=urls.under_v1),
        ),
        base_url="http://localhost:11434/v1",
        base_url_is_editable=True,
        base_url_placeholder="http://localhost:11434/v1",
        credential=credentials.OPTIONAL_BEARER,
        listing=OllamaTags(),
        installs_models=True,
        aliases=("ollama-local", "ollama-cloud"),
        note="Models are pulled and deleted on this provider's page, once it is added; those "
        "that are on the server already can be fetched here.",
    ),
)
