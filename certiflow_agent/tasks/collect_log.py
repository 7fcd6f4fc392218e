"""Send the end of this agent's own log."""

from typing import Any

from certiflow_agent.agent import Agent

#: Bytes read from the end; the server takes two million.
LIMIT = 1_000_000


def run(agent: Agent, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    path = agent.identity.directory / "agent.log"
    wanted = int(parameters.get("lines", 200))
    text = path.read_bytes()[-LIMIT:].decode(errors="replace") if path.exists() else ""
    lines = text.splitlines()[-wanted:]
    return f"{len(lines)} lines of the log.", {"log": "\n".join(lines)}
