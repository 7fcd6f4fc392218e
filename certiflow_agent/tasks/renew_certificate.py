"""Renew the certificate now."""

from typing import Any

from certiflow_agent.agent import Agent


def run(agent: Agent, _parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    agent.renew()
    certificate = agent.identity.certificate
    serial = f"{certificate.serial_number:x}" if certificate else ""
    return "The certificate is renewed.", {"serial_number": serial}
