"""The portal's and the worker's way out: the only package that opens outbound connections."""

from providers.kinds.client.failures import CallFailed
from providers.kinds.client.sending import Client, Streamed

__all__ = ["CallFailed", "Client", "Streamed"]
