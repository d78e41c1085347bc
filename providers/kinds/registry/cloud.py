"""The kinds of the three big clouds."""

from providers.kinds import clouds, credentials, headers
from providers.kinds.cloud_listings import FoundationModels, InferenceProfiles, PublisherModels
from providers.kinds.declaration import Field, Group
from providers.kinds.dialects import azure
from providers.kinds.dialects.bedrock_converse import BedrockConverse
from providers.kinds.dialects.gemini import Gemini, GeminiEmbeddings
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.openai_embeddings import OpenAIEmbeddings
from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.dialects.vertex_messages import VertexMessages
from providers.kinds.kind import Kind
from providers.kinds.listings import CATALOG, GeminiModels, OpenAIModels, Unlisted
from providers.kinds.service_accounts import ServiceAccountTokens
from providers.kinds.sigv4 import SigV4

_GOOGLE_TOKENS = ServiceAccountTokens()
_GOOGLE_PROJECT = Field(
    "project",
    "Google Cloud project",
    required=True,
    placeholder="my-project-123",
    problem_of=clouds.project_problem,
)

CLOUD = (
    Kind(
        "google",
        "Google Gemini",
        Group.CLOUD,
        (Gemini(), GeminiEmbeddings()),
        base_url="https://generativelanguage.googleapis.com/v1beta",
        credential=credentials.X_GOOG_API_KEY,
        listing=GeminiModels(),
        aliases=("gemini",),
    ),
    Kind(
        "vertex",
        "Google Vertex AI",
        Group.CLOUD,
        (
            Gemini(
                authorize=headers.nothing,
                path="/publishers/google/models/{model}:generateContent",
                stream_path="/publishers/google/models/{model}:streamGenerateContent?alt=sse",
            ),
        ),
        derived_url=clouds.VERTEX_URL,
        credential=credentials.SERVICE_ACCOUNT,
        fields=(
            _GOOGLE_PROJECT,
            Field(
                "location",
                "Location",
                required=True,
                default="us-central1",
                help="A region such as europe-west4, us, eu, or global.",
                problem_of=clouds.location_problem,
            ),
        ),
        authorizer=_GOOGLE_TOKENS,
        listing=PublisherModels(),
    ),
    Kind(
        "vertex-anthropic",
        "Anthropic on Vertex AI",
        Group.CLOUD,
        (VertexMessages(),),
        derived_url=clouds.VERTEX_URL,
        credential=credentials.SERVICE_ACCOUNT,
        fields=(
            _GOOGLE_PROJECT,
            Field(
                "location",
                "Location",
                required=True,
                default="global",
                help="global, us, eu, or a region that has Claude, such as us-east5.",
                problem_of=clouds.location_problem,
            ),
        ),
        authorizer=_GOOGLE_TOKENS,
        listing=CATALOG,
        probe=PublisherModels().request,  # free, and it needs a token and the API switched on
    ),
    Kind(
        "azure",
        "Azure OpenAI",
        Group.CLOUD,
        (
            OpenAIChat(
                authorize=headers.api_key,
                address=azure.address,
                limit_name="max_completion_tokens",
            ),
            OpenAIResponses(authorize=headers.api_key, address=azure.address),
            OpenAIEmbeddings(authorize=headers.api_key, address=azure.address),
        ),
        base_url_is_editable=True,
        base_url_placeholder="https://my-resource.openai.azure.com",
        credential=credentials.AZURE_API_KEY,
        fields=(
            Field(
                "deployment",
                "Deployment",
                required=True,
                placeholder="my-gpt-deployment",
                help="The default one. A model's id is the name of its deployment: "
                "type the names of further deployments as models.",
                names_model=True,
            ),
            Field(
                "api_version",
                "API version",
                placeholder="2024-10-21",
                help="Leave empty for the v1 surface; else 2024-10-21 or later.",
            ),
        ),
        listing=Unlisted(
            "Azure OpenAI lists no deployments for an API key. Its models are the deployments "
            "that are typed here: the name of a deployment is the model's id."
        ),
        probe=OpenAIModels(authorize=headers.api_key, address=azure.address).request,
        aliases=("azure-openai",),
    ),
    Kind(
        "bedrock",
        "Amazon Bedrock",
        Group.CLOUD,
        (BedrockConverse(),),
        derived_url=clouds.BEDROCK_URL,
        credential=credentials.SIGV4_OR_BEARER,
        fields=(
            Field(
                "region",
                "Region",
                required=True,
                default="us-east-1",
                help="Where the models were opened to the account.",
                problem_of=clouds.region_problem,
            ),
        ),
        authorizer=SigV4("bedrock"),
        listing=FoundationModels(),
        more_listings=(InferenceProfiles(),),
    ),
)
