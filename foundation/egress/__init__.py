"""Where outbound calls may go: one policy for every URL that a person typed. Pure but for DNS."""

from foundation.egress.errors import CannotResolve, EgressError, Refused
from foundation.egress.hosts import Target, parse_url
from foundation.egress.policy import AllowRule, Policy
from foundation.egress.resolution import (
    Destination,
    Resolver,
    resolve,
    system_resolver,
    validate_url,
)

__all__ = [
    "AllowRule",
    "CannotResolve",
    "Destination",
    "EgressError",
    "Policy",
    "Refused",
    "Resolver",
    "Target",
    "parse_url",
    "resolve",
    "system_resolver",
    "validate_url",
]
