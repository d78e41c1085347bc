"""How each client is told to come here: complete configuration, ready to paste.

Pure: an address and a type in, texts out. No text holds a token: each reads it from the
environment variable AXIOM_TOKEN, which the first snippet sets.

`make test-clients` does what is told here with each client's own program.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from providers.models.agent_types import AgentType

TOKEN_VARIABLE: Final = "AXIOM_TOKEN"  # noqa: S105 - its name
_PLACE: Final = "{url}"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One text to paste: into a shell, or into the file that it names."""

    slug: str
    title: str
    text: str
    where: str = "In a shell"


def address_for(pinned: str, installations: str) -> str:
    """Give the address that an agent's clients use: what was pinned, else the installation's."""
    return (pinned or installations).rstrip("/")


def token_line(prefix: str) -> str:
    """Give the line that puts an agent's token where every snippet looks for it."""
    return f"export {TOKEN_VARIABLE}='{prefix}…'  # the whole token, as it was shown once"


def for_client(agent_type: str, url: str) -> tuple[Snippet, ...]:
    """Give what to paste for one type of agent."""
    return _filled(_CLIENTS[AgentType(agent_type)], url)


def for_programs(url: str) -> tuple[Snippet, ...]:
    """Give what every program can be made of: curl and the SDKs."""
    return _filled(_PROGRAMS, url)


def _filled(snippets: tuple[Snippet, ...], url: str) -> tuple[Snippet, ...]:
    return tuple(
        Snippet(row.slug, row.title, row.text.strip().replace(_PLACE, url), row.where)
        for row in snippets
    )


# Claude Code and Codex don't know the name “default”, and take its model for one with a window
# of a million and of 272,000 tokens: they would shorten a long conversation too late.
_CLAUDE_CODE = Snippet(
    "claude-code",
    "Claude Code",
    """
export ANTHROPIC_BASE_URL={url}
export ANTHROPIC_AUTH_TOKEN="$AXIOM_TOKEN"
export ANTHROPIC_MODEL=default
export ANTHROPIC_DEFAULT_HAIKU_MODEL=task
export CLAUDE_CODE_MAX_CONTEXT_TOKENS=200000  # the window of the model behind it
claude
""",
)
_CODEX = Snippet(
    "codex-cli",
    "Codex CLI",
    """
model = "default"
model_provider = "axiom"
model_context_window = 200000  # that of the model behind it

[model_providers.axiom]
name = "Axiom"
base_url = "{url}/v1"
env_key = "AXIOM_TOKEN"
wire_api = "responses"
""",
    where="~/.codex/config.toml",
)
_GEMINI = Snippet(
    "gemini-cli",
    "Gemini CLI",
    """
export GOOGLE_GEMINI_BASE_URL={url}
export GEMINI_API_KEY="$AXIOM_TOKEN"
export GEMINI_MODEL=default
gemini
""",
)
# Without it, a base URL in the environment means a way of signing in that it then refuses.
_GEMINI_SETTINGS = Snippet(
    "gemini-cli-settings",
    "Gemini CLI: sign in with the key",
    """
{
  "security": { "auth": { "selectedType": "gemini-api-key" } }
}
""",
    where="~/.gemini/settings.json",
)
_OPENCLAW = Snippet(
    "openclaw",
    "OpenClaw",
    """
{
  "models": {
    "mode": "merge",
    "providers": {
      "axiom": {
        "baseUrl": "{url}/v1",
        "apiKey": "${AXIOM_TOKEN}",
        "api": "openai-completions",
        "models": [{ "id": "default", "name": "Axiom" }]
      }
    }
  },
  "agents": { "defaults": { "model": { "primary": "axiom/default" } } }
}
""",
    where="~/.openclaw/openclaw.json",
)
_OPENCODE = Snippet(
    "opencode",
    "OpenCode",
    """
{
  "$schema": "https://opencode.ai/config.json",
  "provider": {
    "axiom": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Axiom",
      "options": { "baseURL": "{url}/v1", "apiKey": "{env:AXIOM_TOKEN}" },
      "models": {
        "default": {
          "name": "The project's model",
          "limit": { "context": 200000, "output": 32000 }
        }
      }
    }
  },
  "model": "axiom/default",
  "small_model": "axiom/default"
}
""",
    where="opencode.json",
)
_CLINE = Snippet(
    "cline",
    "Cline",
    """
cline auth --provider openai --apikey "$AXIOM_TOKEN" --modelid default --baseurl {url}/v1
""",
)
_CURL = Snippet(
    "curl",
    "curl",
    """
curl {url}/v1/chat/completions \\
  -H "Authorization: Bearer $AXIOM_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "default", "messages": [{"role": "user", "content": "Say hello."}]}'
""",
)
_PYTHON = Snippet(
    "python",
    "Python (openai)",
    """
import os

from openai import OpenAI

client = OpenAI(base_url="{url}/v1", api_key=os.environ["AXIOM_TOKEN"])
answer = client.chat.completions.create(
    model="default",
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)
""",
    where="pip install openai",
)
_JAVASCRIPT = Snippet(
    "javascript",
    "JavaScript (openai)",
    """
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{url}/v1", apiKey: process.env.AXIOM_TOKEN });
const answer = await client.chat.completions.create({
  model: "default",
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(answer.choices[0].message.content);
""",
    where="npm install openai",
)

_CLIENTS: Final[Mapping[AgentType, tuple[Snippet, ...]]] = MappingProxyType(
    {
        AgentType.CLAUDE_CODE: (_CLAUDE_CODE,),
        AgentType.CODEX_CLI: (_CODEX,),
        AgentType.GEMINI_CLI: (_GEMINI_SETTINGS, _GEMINI),
        AgentType.OPENCLAW: (_OPENCLAW,),
        AgentType.OPENCODE: (_OPENCODE,),
        AgentType.CLINE: (_CLINE,),
        AgentType.CUSTOM: (),
    }
)
_PROGRAMS: Final = (_CURL, _PYTHON, _JAVASCRIPT)
