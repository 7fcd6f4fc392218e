"""Look at the machine again."""

from typing import Any

from certiflow_agent.agent import Agent
from certiflow_agent.inventory import inventory


def run(agent: Agent, _parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    agent.hello()
    return "The inventory is reported.", inventory()
