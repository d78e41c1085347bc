"""The kinds that people sign in to instead of entering a key.

Addresses and scopes are settings, with the vendors' own as defaults. A client id has no
default: an operator enters the one that the vendor registered for them. Requests are those of the
vendors' public APIs, and Axiom names itself in them.
"""

from dataclasses import replace
from typing import Final

from foundation.env import Environment
from providers.kinds import credentials, headers
from providers.kinds.declaration import Field, Group, Terms, TermsStatus
from providers.kinds.dialects.anthropic_messages import AnthropicMessages
from providers.kinds.dialects.gemini import Gemini
from providers.kinds.dialects.openai_chat import OpenAIChat
from providers.kinds.dialects.openai_responses import OpenAIResponses
from providers.kinds.kind import REVIEWED_ON, Kind
from providers.kinds.listings import CATALOG, AnthropicModels, OpenAIModels
from providers.kinds.oauth.settings import FLOW_CHOICES, url_problem
from providers.kinds.registry.operators import as_set
from providers.kinds.vocabulary import Format

_CLIENT_ID = Field(
    "client_id",
    "Client ID",
    required=True,
    help="The one that the vendor registered for you; there is no default.",
)
_REDIRECT_URL = Field(
    "redirect_url",
    "Redirect URL",
    placeholder="http://localhost:1455/auth/callback",
    help="Empty means Axiom's own, /oauth/callback/. Enter another one if your client is "
    "registered with it. Where that is a port of this machine, Axiom listens there; otherwise "
    "the login ends with an address to paste here.",
    problem_of=url_problem,
)
# OpenAI's clients are registered with this address of the machine that the browser runs on.
_CODEX_REDIRECT_URL = replace(
    _REDIRECT_URL,
    default="http://localhost:1455/auth/callback",
    help="The one that your client is registered with. Axiom listens there on its own machine; "
    "otherwise the login ends with an address to paste here.",
)
_PERSONAL = "A login is for its owner's own use. For a team, use an API key."
_MODELS = OpenAIModels(authorize=headers.access_token)


def _url(name: str, label: str, *, default: str = "", required: bool = False) -> Field:
    return Field(name, label, required=required, default=default, problem_of=url_problem)


def _code_fields(
    authorization_url: str,
    token_url: str,
    scopes: str,
    *,
    parameters: str = "",
    redirect_url: Field = _REDIRECT_URL,
) -> tuple[Field, ...]:
    return (
        _CLIENT_ID,
        _url("authorization_url", "Authorization URL", default=authorization_url, required=True),
        _url("token_url", "Token URL", default=token_url, required=True),
        Field("scopes", "Scopes", default=scopes),
        _parameters(parameters),
        redirect_url,
    )


def _parameters(default: str = "") -> Field:
    return Field(
        "parameters",
        "More parameters",
        default=default,
        placeholder="name=value&name=value",
        help="Added to the address of the login page.",
    )


DECLARED: Final = (
    Kind(
        "anthropic-oauth",
        "Anthropic (Claude Pro/Max)",
        Group.SUBSCRIPTION,
        (AnthropicMessages(authorize=headers.access_token),),
        base_url="https://api.anthropic.com",
        credential=credentials.OAUTH_CODE,
        fields=_code_fields(
            "https://claude.ai/oauth/authorize",
            "https://console.anthropic.com/v1/oauth/token",
            "user:profile user:inference",
        ),
        listing=CATALOG,
        terms=Terms(
            TermsStatus.PROHIBITED,
            REVIEWED_ON,
            "Anthropic allows Claude logins in its own clients alone. Use an Anthropic API key, "
            "or the kind Claude CLI with your own token.",
        ),
    ),
    Kind(
        "openai-codex",
        "OpenAI (ChatGPT Plus/Pro)",
        Group.SUBSCRIPTION,
        (OpenAIResponses(authorize=headers.access_token),),
        base_url="https://chatgpt.com/backend-api/codex",
        credential=credentials.OAUTH_CODE,
        fields=_code_fields(
            "https://auth.openai.com/oauth/authorize",
            "https://auth.openai.com/oauth/token",
            "openid profile email offline_access",
            redirect_url=_CODEX_REDIRECT_URL,
        ),
        listing=CATALOG,
        terms=Terms(TermsStatus.PERSONAL_ONLY, REVIEWED_ON, _PERSONAL),
    ),
    Kind(
        "google-antigravity",
        "Google (Antigravity, free)",
        Group.SUBSCRIPTION,
        (Gemini(authorize=headers.access_token),),
        base_url="https://generativelanguage.googleapis.com/v1beta",
        credential=credentials.OAUTH_CODE,
        fields=_code_fields(
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://www.googleapis.com/auth/cloud-platform openid email",
            parameters="access_type=offline&prompt=consent",
        ),
        listing=CATALOG,
        terms=Terms(TermsStatus.PERSONAL_ONLY, REVIEWED_ON, _PERSONAL),
    ),
    Kind(
        "github-copilot",
        "GitHub Copilot",
        Group.SUBSCRIPTION,
        (OpenAIChat(authorize=headers.access_token),),
        base_url="https://api.githubcopilot.com",
        credential=credentials.OAUTH_DEVICE,
        fields=(
            _CLIENT_ID,
            _url(
                "device_url",
                "Device code URL",
                default="https://github.com/login/device/code",
                required=True,
            ),
            _url(
                "token_url",
                "Token URL",
                default="https://github.com/login/oauth/access_token",
                required=True,
            ),
            Field("scopes", "Scopes", default="read:user"),
        ),
        listing=_MODELS,
        terms=Terms(TermsStatus.PERSONAL_ONLY, REVIEWED_ON, _PERSONAL),
    ),
    Kind(
        "oauth-compatible",
        "Any OAuth 2.0 protected endpoint",
        Group.SUBSCRIPTION,
        (
            OpenAIChat(authorize=headers.access_token),
            AnthropicMessages(authorize=headers.access_token),
        ),
        base_url_is_editable=True,
        base_url_placeholder="https://llm.example.com/v1",
        credential=credentials.OAUTH_ANY,
        fields=(
            _CLIENT_ID,
            Field("flow", "Sign in by", default="code", choices=FLOW_CHOICES),
            Field(
                "issuer",
                "Issuer",
                placeholder="https://login.example.com",
                help="Its discovery document names the addresses; or enter them below.",
                problem_of=url_problem,
            ),
            _url("authorization_url", "Authorization URL"),
            _url("device_url", "Device code URL"),
            _url("token_url", "Token URL"),
            Field("scopes", "Scopes"),
            Field("audience", "Audience"),
            _parameters(),
            _REDIRECT_URL,
            Field(
                "format",
                "Format",
                default="chat",
                choices=(("chat", "OpenAI chat"), ("messages", "Anthropic messages")),
            ),
        ),
        listing=_MODELS,
        listings_by_format=(
            (Format.CHAT, _MODELS),
            (Format.MESSAGES, AnthropicModels(authorize=headers.access_token)),
        ),
    ),
)

SUBSCRIPTION: Final = as_set(DECLARED, Environment())
