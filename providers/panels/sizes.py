"""Numbers of tokens as people read them."""

_THOUSAND, _MILLION = 1000, 1_000_000


def size_label(tokens: int | None) -> str:
    """Show a number of tokens in thousands or millions: `128K`, `1M`; `—` when unknown."""
    if tokens is None:
        return "—"
    if tokens >= _MILLION:
        return f"{tokens / _MILLION:.3g}M"
    return f"{tokens / _THOUSAND:.3g}K" if tokens >= _THOUSAND else str(tokens)
