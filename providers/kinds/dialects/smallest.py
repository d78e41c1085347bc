"""What the smallest request of every dialect says, and how long its answer may be."""

PROMPT = "Reply with the word OK."
EMBEDDED_TEXT = "OK"

MOST_PROMPT_TOKENS = 64  # the prompt with what vendors wrap around it
PLAIN_ANSWER_TOKENS = 16
REASONED_ANSWER_TOKENS = 1024


def answer_ceiling(*, is_reasoning: bool) -> int:
    """Return the token limit of a test; a reasoning model thinks before its first word."""
    return REASONED_ANSWER_TOKENS if is_reasoning else PLAIN_ANSWER_TOKENS
