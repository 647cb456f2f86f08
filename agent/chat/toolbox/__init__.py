"""The tools: small functions from a snapshot and a typed request to a typed result."""

from agent.chat.toolbox.box import Toolbox

__all__ = ["Toolbox"]
