"""The HTTP server of the gateway, in the event loop's own thread.

Granian, which serves the portal, takes a streamed answer's pieces without ever saying that the
client lags behind, so that one slow reader of a fast stream holds it all in memory; and it hands
each call from thread to thread, which costs as much again as the rest of the call. Here a piece is
taken when there is room for it.
"""
