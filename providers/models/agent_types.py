from django.db import models


class AgentType(models.TextChoices):
    """Which clients a provider may serve."""

    CLAUDE_CODE = "claude-code", "Claude Code"
    CODEX_CLI = "codex-cli", "Codex CLI"
    GEMINI_CLI = "gemini-cli", "Gemini CLI"
    OPENCLAW = "openclaw", "OpenClaw"
    OPENCODE = "opencode", "OpenCode"
    CLINE = "cline", "Cline"
    CUSTOM = "custom", "Custom"
