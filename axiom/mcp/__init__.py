"""The MCP face: one tool for each REST operation that the registry names one for.

A tool's call runs the operation's own REST view, in process, with the caller's own key: there is
no second implementation of any rule. The SDK is loaded when somebody first calls.
"""
