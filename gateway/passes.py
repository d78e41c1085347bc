"""Passes: what Axiom itself calls its gateway with, on somebody's behalf.

A pass is signed, good for two minutes, and kept nowhere. It names a person, and perhaps the agent
that the person speaks as, or a cronjob, which runs with nobody there; what they may do is looked
up when the gateway meets it, so that it gives nobody more than they have by then.
"""

import time
from dataclasses import dataclass
from typing import Final

from django.core import signing

from usage.entries import KindOfUse

PREFIX: Final = "axp_"
GOOD_FOR_S: Final = 120  # to begin a call; one that has begun goes on

_SIGNER: Final = signing.Signer(salt="axiom.gateway.pass")


class NotGood(Exception):
    """It is no pass of ours, or its time is over."""


@dataclass(frozen=True, slots=True)
class Pass:
    """On whose behalf, in which project, as which agent (empty: as none), and what for.

    A cronjob's names no person.
    """

    user_id: str
    project_id: str
    use: KindOfUse
    agent_id: str = ""
    cronjob_id: str = ""


def issue(held: Pass) -> str:
    """Write a pass that can be used from now on."""
    until = int(time.time()) + GOOD_FOR_S
    whose = (held.user_id, held.project_id, held.use.value, held.agent_id, held.cronjob_id)
    said = [*whose, until]
    return PREFIX + _SIGNER.sign_object(said)


def read(token: str) -> tuple[Pass, float]:
    """Give what a pass says, and the Unix time until which it may be used; raises NotGood."""
    try:
        *whose, until = _SIGNER.unsign_object(token[len(PREFIX) :])
        user_id, project_id, use, agent_id, cronjob_id = whose
    except signing.BadSignature as error:
        raise NotGood from error
    if time.time() >= until:
        raise NotGood
    return Pass(user_id, project_id, KindOfUse(use), agent_id, cronjob_id), float(until)
