"""The ways in which kinds authenticate, and the inputs that people fill in for each."""

from providers.kinds import service_accounts, sigv4
from providers.kinds.declaration import Credential, Field
from providers.kinds.oauth.vocabulary import Flow

API_KEY = Field("api_key", "API key", required=True, secret=True)
OPTIONAL_API_KEY = Field(
    "api_key", "API key", secret=True, help="Leave empty if the server asks for none."
)
SECRET_HEADERS = Field(
    "secret_headers",
    "Secret headers",
    secret=True,
    is_multiline=True,
    placeholder="X-Portkey-Api-Key: …",
    help="One “Name: value” on each line, kept like the API key.",
)
EXTRA_HEADERS = Field(
    "extra_headers",
    "Extra headers",
    is_multiline=True,
    placeholder="X-Team: research",
    help="One “Name: value” on each line, sent with each call. Not for secrets.",
)
_CLIENT_SECRET = Field(
    "client_secret",
    "Client secret",
    secret=True,
    help="Leave empty for a public client.",
)

OPTIONAL_BEARER = Credential("optional-bearer", "API key, optional", (OPTIONAL_API_KEY,))
UNKNOWN = Credential("unknown", "Unknown")
BEARER = Credential("bearer", "API key", (API_KEY,))
BEARER_AND_HEADERS = Credential("bearer-and-headers", "API key", (API_KEY, SECRET_HEADERS))
OPTIONAL_BEARER_AND_HEADERS = Credential(
    "optional-bearer-and-headers", "API key, optional", (OPTIONAL_API_KEY, SECRET_HEADERS)
)
CHOSEN_HEADER_AND_HEADERS = Credential(
    "chosen-header-and-headers", "API key, optional", (OPTIONAL_API_KEY, SECRET_HEADERS)
)
X_API_KEY = Credential("x-api-key", "API key", (API_KEY,))
X_GOOG_API_KEY = Credential("x-goog-api-key", "API key", (API_KEY,))
AZURE_API_KEY = Credential("api-key", "API key", (API_KEY,))
SIGV4_OR_BEARER = Credential(
    "sigv4-or-bearer",
    "AWS access key, or Bedrock API key",
    (
        Field(
            "access_key_id",
            "Access key ID",
            secret=True,
            placeholder="AKIA…",
            problem_of=sigv4.key_id_problem,
        ),
        Field("secret_access_key", "Secret access key", secret=True),
        Field("session_token", "Session token", secret=True, help="For temporary credentials."),
        Field(
            "api_key",
            "Bedrock API key",
            secret=True,
            help="Instead of the access key; sent as a Bearer token.",
        ),
    ),
    sigv4.problems_of,
)
SERVICE_ACCOUNT = Credential(
    "service-account",
    "Service account",
    (
        Field(
            service_accounts.FIELD,
            "Service-account JSON",
            required=True,
            secret=True,
            is_multiline=True,
            placeholder='{"type": "service_account", …}',
            help="The whole file of a key, as Google's console hands it out. Give the account "
            "the role Vertex AI User.",
            problem_of=service_accounts.problem,
        ),
    ),
)
CLAUDE_TOKEN = Credential(
    "claude-token",
    "Claude token",
    (
        Field(
            "oauth_token",
            "Token",
            required=True,
            secret=True,
            help="What `claude setup-token` prints for your own Max or Pro login.",
        ),
    ),
)
OAUTH_CODE = Credential(
    "oauth-code",
    "Login, authorization code with PKCE",
    (_CLIENT_SECRET,),
    is_login=True,
    flow=Flow.CODE,
)
OAUTH_DEVICE = Credential(
    "oauth-device", "Login, device code", (_CLIENT_SECRET,), is_login=True, flow=Flow.DEVICE
)
OAUTH_ANY = Credential(
    "oauth-any",
    "Login with code, device code or client credentials",
    (_CLIENT_SECRET,),
    is_login=True,
)
