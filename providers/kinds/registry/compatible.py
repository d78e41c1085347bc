"""The kinds that speak like OpenAI, and the two for whatever else speaks like somebody."""

from providers.kinds import credentials, headers
from providers.kinds.declaration import Field, Group
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.openai_embeddings import OpenAIEmbeddings
from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.dialects.urls import at
from providers.kinds.kind import Kind
from providers.kinds.listings import CATALOG, AnthropicModels, CohereModels, OpenAIModels

COMPATIBLE = (
    Kind(
        "mistral",
        "Mistral",
        Group.COMPATIBLE,
        (OpenAIChat(takes_stream_options=False), OpenAIEmbeddings()),
        base_url="https://api.mistral.ai/v1",
    ),
    Kind(
        "deepseek",
        "DeepSeek",
        Group.COMPATIBLE,
        (OpenAIChat(), AnthropicMessages(place=at("/anthropic"))),
        base_url="https://api.deepseek.com",
    ),
    Kind(
        "xai",
        "xAI Grok",
        Group.COMPATIBLE,
        (OpenAIChat(limit_name="max_completion_tokens"), OpenAIResponses()),
        base_url="https://api.x.ai/v1",
    ),
    Kind(
        "groq",
        "Groq",
        Group.COMPATIBLE,
        (OpenAIChat(limit_name="max_completion_tokens"),),
        base_url="https://api.groq.com/openai/v1",
    ),
    Kind(
        "cerebras",
        "Cerebras",
        Group.COMPATIBLE,
        (OpenAIChat(limit_name="max_completion_tokens"),),
        base_url="https://api.cerebras.ai/v1",
    ),
    Kind(
        "together",
        "Together AI",
        Group.COMPATIBLE,
        (OpenAIChat(), OpenAIEmbeddings()),
        base_url="https://api.together.xyz/v1",
    ),
    Kind(
        "fireworks",
        "Fireworks AI",
        Group.COMPATIBLE,
        (OpenAIChat(), OpenAIEmbeddings()),
        base_url="https://api.fireworks.ai/inference/v1",
    ),
    Kind(
        "cohere",
        "Cohere",
        Group.COMPATIBLE,
        (OpenAIChat(takes_stream_options=False), OpenAIEmbeddings()),
        base_url="https://api.cohere.ai/compatibility/v1",
        listing=CohereModels(),
    ),
    Kind(
        "moonshot",
        "Moonshot AI",
        Group.COMPATIBLE,
        (OpenAIChat(), AnthropicMessages(authorize=headers.bearer, place=at("/anthropic"))),
        base_url="https://api.moonshot.ai/v1",
        aliases=("kimi",),
    ),
    Kind(
        "zai",
        "Z.ai",
        Group.COMPATIBLE,
        (OpenAIChat(), AnthropicMessages(place=at("/api/anthropic"))),
        base_url="https://api.z.ai/api/paas/v4",
        listing=CATALOG,
    ),
    Kind(
        "openrouter",
        "OpenRouter",
        Group.COMPATIBLE,
        (OpenAIChat(),),
        base_url="https://openrouter.ai/api/v1",
        probe=OpenAIModels(path="/key").request,  # its list needs no key
    ),
    Kind(
        "gateway",
        "API gateway (LiteLLM, Portkey, Axiom…)",
        Group.COMPATIBLE,
        (
            OpenAIChat(authorize=headers.bearer_and_extra),
            OpenAIEmbeddings(authorize=headers.bearer_and_extra),
        ),
        base_url_is_editable=True,
        base_url_placeholder="https://gateway.example.com/v1",
        credential=credentials.BEARER_AND_HEADERS,
        fields=(credentials.EXTRA_HEADERS,),
        listing=OpenAIModels(authorize=headers.bearer_and_extra),
    ),
    Kind(
        "custom",
        "Custom, OpenAI-compatible",
        Group.COMPATIBLE,
        (
            OpenAIChat(authorize=headers.bearer_and_extra),
            OpenAIEmbeddings(authorize=headers.bearer_and_extra),
        ),
        base_url_is_editable=True,
        base_url_placeholder="https://llm.example.com/v1",
        credential=credentials.OPTIONAL_BEARER_AND_HEADERS,
        fields=(credentials.EXTRA_HEADERS,),
        listing=OpenAIModels(authorize=headers.bearer_and_extra),
        aliases=("openai-compatible",),
    ),
    Kind(
        "custom-anthropic",
        "Custom, Anthropic-compatible",
        Group.COMPATIBLE,
        (AnthropicMessages(authorize=headers.chosen_and_extra),),
        base_url_is_editable=True,
        base_url_placeholder="https://llm.example.com",
        credential=credentials.CHOSEN_HEADER_AND_HEADERS,
        fields=(
            Field(
                "key_header",
                "Header of the key",
                default="x-api-key",
                choices=(("x-api-key", "x-api-key"), ("bearer", "Authorization: Bearer")),
            ),
            credentials.EXTRA_HEADERS,
        ),
        listing=AnthropicModels(authorize=headers.chosen_and_extra),
    ),
)
