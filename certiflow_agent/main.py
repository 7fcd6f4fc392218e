"""`certiflow-agent`: register, run, once, status."""

import argparse
import json
import logging
import logging.handlers
import os
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from certiflow_agent import VERSION
from certiflow_agent.agent import Agent, renewal_time
from certiflow_agent.errors import AgentError, Refused, Unreachable
from certiflow_agent.identity import Identity
from certiflow_agent.server import pinned_root
from certiflow_agent.systems import this_system

#: Seconds between two attempts after a failure: doubled each time up to the second.
FIRST_WAIT, LONGEST_WAIT = 5.0, 900.0


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 refused or failed with one sentence, 2 usage."""
    options = parser().parse_args(arguments)
    try:
        identity = Identity(Path(options.state_dir or default_directory()))
        log_to(identity.directory)
        code: int = options.action(Agent(identity), options)
    except (AgentError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser("certiflow-agent", description="The CertiFlow agent.")
    top.add_argument("--version", action="version", version=VERSION)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    joining = command(commands, "register", register, "register at a server and wait for approval")
    joining.add_argument("--server", required=True, metavar="URL")
    joining.add_argument("--root-sha256", required=True, metavar="FINGERPRINT")
    token = joining.add_mutually_exclusive_group()
    token.add_argument("--token", default="", metavar="T", help="an enrollment token")
    token.add_argument("--token-stdin", action="store_true", help="the token is on standard input")
    name = joining.add_mutually_exclusive_group()
    name.add_argument("--agent-id", metavar="ID", help="instead of the machine's own identifier")
    name.add_argument("--new-id", action="store_true", help="a new GUID as the identifier")
    name.add_argument(
        "--computer-sid", action="store_true", help="the computer's SID as the identifier (Windows)"
    )
    joining.add_argument("--no-wait", action="store_true", help="do not wait for approval")
    command(commands, "run", run, "work until stopped")
    command(commands, "once", once, "one round")
    status_parser = command(commands, "status", status, "what this agent is and knows")
    status_parser.add_argument("--json", action="store_true")
    return top


def command(commands: Any, name: str, action: Any, text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    made.add_argument("--state-dir", metavar="DIR", help="where key and certificate are kept")
    made.set_defaults(action=action)
    return made


def default_directory() -> Path:
    system = this_system()
    is_service = hasattr(os, "geteuid") and os.geteuid() == 0
    return system.service_directory if is_service else system.user_directory


def log_to(directory: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(
        directory / "agent.log", maxBytes=1_000_000, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("certiflow_agent")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)


def chosen_identifier(options: argparse.Namespace) -> str:
    """Empty: the one it had before, or the machine's own."""
    if options.new_id:
        return str(uuid.uuid4())
    if options.computer_sid:
        return this_system().computer_sid()
    return options.agent_id or ""


def register(agent: Agent, options: argparse.Namespace) -> int:
    identity = agent.identity
    token = sys.stdin.readline().strip() if options.token_stdin else options.token
    root = pinned_root(options.server, options.root_sha256)
    known = identity.settings
    agent_id = chosen_identifier(options) or known.get("agent_id") or this_system().machine_id()
    if known and (known.get("state") == "revoked" or agent_id != known.get("agent_id")):
        # What was revoked stays revoked: another beginning needs another key.
        identity.forget_key()
    identity.trust([root])
    identity.remember(server=options.server, agent_id=agent_id, state="new")
    told = False
    while waiting := agent.register(token):
        if not told:
            sys.stdout.write(
                f"Waiting for approval. Identifier {agent_id}, key "
                f"{identity.settings['key_sha256'].upper()}\n"
            )
            sys.stdout.flush()
            told = True
        if options.no_wait:
            return 0
        time.sleep(waiting)
    sys.stdout.write(f"Registered as {agent_id}.\n")
    return 0


def once(agent: Agent, _options: argparse.Namespace) -> int:
    agent.round()
    sys.stdout.write(f"{agent.identity.settings.get('state', '')}\n")
    return 0


def run(agent: Agent, _options: argparse.Namespace) -> int:
    """Until stopped; failures are waited out, ever longer, and never end it."""
    agent.identity.required("server")
    failures = 0
    while True:
        try:
            pause = float(agent.round())
            failures = 0
        except (Refused, Unreachable) as error:
            failures += 1
            agent.drop_connection()
            logging.getLogger("certiflow_agent").warning("%s", error)
            asked = float(getattr(error, "retry_after", 0))
            pause = max(asked, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - 1, 10)))
            pause *= random.uniform(0.8, 1.2)  # noqa: S311
        time.sleep(pause)


def status(agent: Agent, options: argparse.Namespace) -> int:
    identity = agent.identity
    certificate = identity.certificate
    document = {
        "agent_id": identity.settings.get("agent_id"),
        "server": identity.settings.get("server"),
        "state": identity.settings.get("state", "unregistered"),
        "key_sha256": identity.settings.get("key_sha256"),
        "last_contact": identity.settings.get("last_contact"),
        "serial_number": f"{certificate.serial_number:x}" if certificate else None,
        "not_after": certificate.not_valid_after_utc.isoformat() if certificate else None,
        "renews_at": renewal_time(certificate).isoformat() if certificate else None,
    }
    if options.json:
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
    else:
        for name, value in document.items():
            sys.stdout.write(f"{name.replace('_', ' '):<15} {value or '–'}\n")
    return 0
