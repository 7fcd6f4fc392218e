"""The reference agent follows a root's replacement: told of both, renewed, told of the new one."""

import base64
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from tests.pki.agent_site.conftest import AgentSite, Client
from tests.pki.agent_site.test_reference_agent import Process, fingerprint

ROLLOVER = (
    "from pki.actions.rollover.starting import start_rollover; "
    "from pki.actions.rollover.open_rollover import open_rollover; "
    "from pki.actions.rollover.stages import begin_reissuing, finish; "
    "from pki.actions.rollover.cut_off import cut_off; "
    "from pki.actions.rollover.waves import step; "
    "from pki.x509.keys import KeySpec; "
)


def roots(agent: Process) -> list[str]:
    found = x509.load_pem_x509_certificates((agent.directory / "roots.pem").read_bytes())
    return [root.subject.rfc4514_string() for root in found]


def issuer(agent: Process) -> str:
    return shown(agent)[0].issuer.rfc4514_string()


def shown(agent: Process) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((agent.directory / "identity.pem").read_bytes())


def come_by(agent: Process, until: Callable[[], bool]) -> None:
    """As often as it takes until each process of the site has looked at its roots again."""
    deadline = time.monotonic() + 30
    while True:
        done = agent.run("once")
        assert (done.returncode, done.stdout.strip()) == (0, "trusted"), done.stderr
        if until():
            return
        assert time.monotonic() < deadline
        time.sleep(0.5)


def told_by_est(client: Client) -> set[tuple[x509.Name, x509.Name]]:
    encoded = client.call("GET", "/.well-known/est/cacerts").content
    found = pkcs7.load_der_pkcs7_certificates(base64.b64decode(encoded))
    return {(each.issuer, each.subject) for each in found}


def trusting(site: AgentSite, name: str) -> str:
    return site.do(f"print(Workstation.objects.get(agent_id={name!r}).newest_root)")


def test_what_an_agent_says_of_roots_has_limits(site: AgentSite, joined: Client) -> None:
    for wrong in ("text", [1], ["x" * 201], ["x"] * 51, {"a": 1}):
        answer = joined.hello(hostname="x", roots=wrong)
        assert (answer.status, answer.code) == (400, "body.member")
    assert joined.hello(hostname="x", roots=["ab" * 32]).status == 200
    site.revoke(joined.agent_id)


def test_agents_follow_from_one_root_to_the_next(site: AgentSite, tmp_path: Path) -> None:
    token = site.token(automatic=True, uses=10)
    agent, sleeper = Process(site, tmp_path, "roll-1"), Process(site, tmp_path, "roll-2")
    for each in (agent, sleeper):
        assert each.register(token).returncode == 0
        come_by(each, lambda: True)
    assert trusting(site, "roll-1") == "CM Agent CA"
    silent = Client(site, "roll-3")
    assert silent.register(token).status == 200
    assert silent.hello(hostname="roll-3", os="Plan 9").status == 200
    old_root = fingerprint(site)

    site.do(ROLLOVER + "start_rollover(actor=SYSTEM, key_spec=KeySpec.parse('ec-p256'))")

    come_by(agent, lambda: len(roots(agent)) == 2)
    # EST tells what leads from one root to the other as well.
    come_by(agent, lambda: len(told_by_est(silent)) == 4)
    # It said at once that it trusts both, over a connection it verified anew.
    assert trusting(site, "roll-1") == "CM Agent CA G2"
    assert trusting(site, "roll-2") == "CM Agent CA"
    assert trusting(site, "roll-3") == "None"

    site.do(ROLLOVER + "begin_reissuing(open_rollover(), actor=SYSTEM); step(open_rollover())")

    shutil.copytree(agent.directory, tmp_path / "roll-1-before")
    come_by(agent, lambda: issuer(agent) == "CN=CM Agent CA G2")
    # Along with it, it shows who leads from the old root to it, for servers that know that one.
    assert [each.issuer.rfc4514_string() for each in shown(agent)] == [
        "CN=CM Agent CA G2",
        "CN=CM Agent CA",
    ]
    # This one knows the old root alone; the site answers with its new certificate already.
    assert roots(sleeper) == ["CN=CM Agent CA"]
    come_by(sleeper, lambda: len(roots(sleeper)) == 2)
    # A machine joins with a command from before.
    late = Process(site, tmp_path, "roll-4")
    assert late.register(token, root=old_root).returncode == 0
    come_by(late, lambda: issuer(late) == "CN=CM Agent CA G2")
    site.do(ROLLOVER + "step(open_rollover())")
    site.do(
        "from datetime import timedelta; from django.utils import timezone; "
        "Rollover.objects.update(workstation_wave_at=timezone.now() - timedelta(hours=2)); "
        + ROLLOVER
        + "step(open_rollover())"
    )
    come_by(sleeper, lambda: issuer(sleeper) == "CN=CM Agent CA G2")
    left = site.do(ROLLOVER + "print(cut_off(open_rollover()).in_words())")
    assert "1 workstation (1 without a certificate of the new root, 1 not known" in left
    site.revoke("roll-3")
    site.do("from pki.jobs import KINDS; print(KINDS['probes'].work())")

    site.do(ROLLOVER + "finish(open_rollover(), actor=SYSTEM)")

    for each in (agent, sleeper, late):
        come_by(each, lambda each=each: roots(each) == ["CN=CM Agent CA G2"])  # type: ignore[misc]
    # What still has its old certificate is not let in any more.
    before = Process(site, tmp_path, "roll-1-before")
    assert before.run("once").returncode == 1
    # And the old fingerprint joins nobody, once each process has looked at its roots again.
    deadline = time.monotonic() + 30
    while True:
        refused = Process(site, tmp_path, "roll-5").register(token, root=old_root)
        assert refused.returncode == 1
        if "not the one given" in refused.stderr:
            break
        assert time.monotonic() < deadline, refused.stderr
        time.sleep(0.5)
