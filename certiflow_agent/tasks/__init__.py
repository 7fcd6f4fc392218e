"""What the server can tell this agent to do: one file a kind."""

import logging
from collections.abc import Callable
from typing import Any

from certiflow_agent.agent import Agent
from certiflow_agent.errors import AgentError
from certiflow_agent.tasks import collect_log, refresh_roots, renew_certificate, report_inventory

logger = logging.getLogger("certiflow_agent")

#: A kind takes the agent and the parameters, and gives a sentence and a result.
Kind = Callable[[Agent, dict[str, Any]], tuple[str, dict[str, Any]]]

KINDS: dict[str, Kind] = {
    "renew-certificate": renew_certificate.run,
    "refresh-roots": refresh_roots.run,
    "report-inventory": report_inventory.run,
    "collect-log": collect_log.run,
}


def perform(agent: Agent, task: dict[str, Any]) -> dict[str, Any]:
    """What to tell the server; a task that fails is told of, and never ends the agent."""
    kind = KINDS.get(str(task.get("kind")))
    if kind is None:
        return told("error", f"This agent does not know how to “{task.get('kind')}”. Update it.")
    try:
        message, result = kind(agent, task.get("parameters") or {})
    except (AgentError, OSError, ValueError, KeyError) as error:
        logger.warning("The task %s failed: %s", task.get("kind"), error)
        return told("error", str(error))
    return told("completed", message, result)


def told(outcome: str, message: str, result: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"outcome": outcome, "message": message, "result": result or {}}
