"""The reference agent, as a process of its own, against the running product."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.pki.agent_site.conftest import AgentSite

PROGRAM = Path(sys.executable).with_name("certiflow-agent")


class Process:
    """One agent with a state directory of its own."""

    def __init__(self, site: AgentSite, directory: Path, name: str) -> None:
        self.site, self.directory, self.name = site, directory / name, name

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments, "--state-dir", self.directory],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def register(
        self, token: str, *options: str, root: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return self.run(
            *("register", "--server", f"https://localhost:{self.site.port}"),
            *("--root-sha256", root or fingerprint(self.site)),
            *("--agent-id", self.name, "--token-stdin", *options),
            stdin=f"{token}\n",
        )

    @property
    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return document


def fingerprint(site: AgentSite) -> str:
    root = x509.load_pem_x509_certificate(site.root_file.read_bytes())
    return root.fingerprint(hashes.SHA256()).hex(":").upper()


def test_an_agent_waits_joins_and_works(site: AgentSite, tmp_path: Path) -> None:
    agent = Process(site, tmp_path, "ref-1")
    said = agent.register(site.token(), "--no-wait")
    assert (said.returncode, said.stderr) == (0, "")
    assert agent.status["key_sha256"].upper() in said.stdout
    site.decide("approve", "ref-1")

    done = agent.run("once")

    assert (done.returncode, done.stdout.strip()) == (0, "trusted"), done.stderr
    assert agent.status["serial_number"]
    assert (agent.directory / "identity.pem").stat().st_mode & 0o777 == 0o600
    assert agent.directory.stat().st_mode & 0o777 == 0o700


def test_an_agent_refuses_a_server_with_another_root(site: AgentSite, tmp_path: Path) -> None:
    said = Process(site, tmp_path, "ref-2").register("secret", root="ab" * 32)
    assert said.returncode == 1
    assert "nothing was sent to it" in said.stderr
    assert "Workstation" not in site.do(
        "print(Workstation.objects.filter(agent_id='ref-2').first())"
    )


def test_an_agent_does_every_kind_of_task(site: AgentSite, tmp_path: Path) -> None:
    agent = Process(site, tmp_path, "ref-3")
    agent.register(site.token(automatic=True))
    agent.run("once")
    before = agent.status["serial_number"]
    site.do(
        "from pki.task_kinds import KINDS; ws = Workstation.objects.get(agent_id='ref-3'); "
        "[agent_tasks.assign_task(ws, kind, {}, actor=SYSTEM) for kind in KINDS]"
    )
    assert agent.run("once").returncode == 0
    states = site.do(
        "print(sorted(set(AgentTask.objects.filter(workstation__agent_id='ref-3')"
        ".values_list('state', 'message'))))"
    )
    assert "error" not in states
    assert "The certificate is renewed." in states
    assert "lines of the log." in states
    assert agent.status["serial_number"] != before


def test_a_revoked_agent_says_so_and_comes_back_with_a_new_key(
    site: AgentSite, tmp_path: Path
) -> None:
    agent = Process(site, tmp_path, "ref-4")
    agent.register(site.token(automatic=True))
    agent.run("once")
    key = agent.status["key_sha256"]
    site.revoke("ref-4")
    refused = agent.run("once")
    assert refused.returncode == 1
    assert "revoked" in refused.stderr
    assert agent.status["state"] == "revoked"
    code = site.do(
        "print(trust.reinstate(Workstation.objects.get(agent_id='ref-4'), actor=SYSTEM, "
        "reason='Back').code)"
    )
    assert agent.register(code).returncode == 0
    assert agent.run("once").stdout.strip() == "trusted"
    assert agent.status["key_sha256"] != key


def test_an_agent_killed_at_any_moment_keeps_its_identity(site: AgentSite, tmp_path: Path) -> None:
    agent = Process(site, tmp_path, "ref-5")
    agent.register(site.token(automatic=True))
    chance = random.Random(5)
    for _ in range(15):
        site_renews(site)
        process = subprocess.Popen([PROGRAM, "once", "--state-dir", agent.directory])
        time.sleep(chance.uniform(0.15, 0.6))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert (agent.directory / "identity.pem").exists()
    done = agent.run("once")
    assert (done.returncode, done.stdout.strip()) == (0, "trusted"), done.stderr
    assert site.do("print(Workstation.objects.filter(agent_id='ref-5').count())") == "1"


def test_an_agent_restored_from_an_old_copy_waits_for_a_person(
    site: AgentSite, tmp_path: Path
) -> None:
    agent = Process(site, tmp_path, "ref-6")
    agent.register(site.token(automatic=True))
    agent.run("once")
    shutil.copytree(agent.directory, tmp_path / "copy")
    site_renews(site, "ref-6")
    agent.run("once")
    assert agent.run("once").stdout.strip() == "trusted"
    shutil.rmtree(agent.directory)
    (tmp_path / "copy").rename(agent.directory)

    assert agent.run("once").stdout.strip() == "pending"

    rows = "Workstation.objects.filter(agent_id='ref-6')"
    assert site.do(f"print(sorted({rows}.values_list('state', flat=True)))") == (
        "['pending', 'trusted']"
    )
    assert agent.run("once").stdout.strip() == "pending"
    site.do(
        f"trust.revoke_workstation({rows}.get(state='trusted'), actor=SYSTEM, reason='Restored'); "
        f"trust.approve({rows}.get(state='pending'), actor=SYSTEM)"
    )
    assert agent.run("once").stdout.strip() == "trusted"


def site_renews(site: AgentSite, name: str = "ref-5") -> None:
    site.do(
        "from pki.errors import Conflict\n"
        f"try: agent_tasks.assign_task(Workstation.objects.get(agent_id={name!r}), "
        "'renew-certificate', {}, actor=SYSTEM)\n"
        "except Conflict: pass"
    )
