"""Fetch the trusted roots again."""

from typing import Any

from certiflow_agent.agent import Agent


def run(agent: Agent, _parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    roots = agent.hello().get("roots", [])
    return "The roots are up to date.", {"roots": [root["sha256"] for root in roots]}
