"""A root is replaced in the browser, with workstations that come by meanwhile."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import look, set_up, sign_in
from tests.pki.agent_site.conftest import AgentSite, Client
from tests.running_product import RunningProduct


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(tmp_path_factory.mktemp("rollover"), CERTIFLOW_HOST="localhost")
    set_up(running, "--server", "cm1.example.test", "--server", "cm2.example.test").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site(product: RunningProduct, tmp_path_factory: pytest.TempPathFactory) -> AgentSite:
    made = AgentSite(product, tmp_path_factory.mktemp("site"))
    # Others than this host are looked at by nobody here.
    made.do("Server.objects.exclude(fqdn='localhost').update(probed=False)")
    return made


@pytest.fixture(scope="module")
def agents(site: AgentSite) -> list[Client]:
    rows = [Client(site, f"desk-{number}") for number in range(4)]
    token = site.token(automatic=True, uses=10)
    for row in rows:
        assert row.register(token).status == 200
        assert row.hello(hostname=row.agent_id).status == 200
    return rows


@pytest.fixture(scope="module")
def signed_in(page: Page, site: AgentSite, agents: list[Client]) -> Page:
    sign_in(page)
    return page


def come_by(agents: list[Client]) -> None:
    """As agents do: they tell the roots they trust, and renew when a task says so."""
    for agent in agents:
        agent.reconnect()
        known = agent.hello(hostname=agent.agent_id).document
        roots = [root["sha256"] for root in known["roots"]]
        assert agent.hello(hostname=agent.agent_id, roots=roots).status == 200
        for task in agent.call("GET", "/agent/v1/tasks").document["tasks"]:
            renewed = agent.call("POST", "/agent/v1/renew", {"csr": agent.csr().decode()})
            agent.certificate = renewed.document["certificate"].encode()
            told = {"outcome": "completed", "message": "Renewed."}
            agent.call("POST", f"/agent/v1/tasks/{task['id']}/result", told)
            agent.reconnect()


def test_a_successor_is_announced(signed_in: Page) -> None:
    page = signed_in
    page.goto("/authorities/")
    page.get_by_role("link", name="CM Agent CA", exact=True).click()
    page.get_by_role("link", name="Replace this root").click()
    assert not look(page, "rollover-before", "Replace the root")
    page.get_by_role("link", name="Replace CM Agent CA").click()
    expect(page.get_by_label("Name of the new root")).to_have_value("CM Agent CA G2")
    page.get_by_label("Key", exact=True).select_option("ec-p256")
    assert not look(page, "rollover-start", "Create the successor of CM Agent CA")
    page.get_by_role("button", name="Create and announce it").click()
    expect(page.get_by_text("nothing has changed for anybody")).to_be_visible()
    assert not look(page, "rollover-announced", "Replace the root")


def test_the_bars_fill_while_one_looks(signed_in: Page, agents: list[Client]) -> None:
    page = signed_in
    bar = page.get_by_label("Workstations that trust the new root")
    expect(bar).to_have_text("0 of 4")
    # Each process of the site looks at its roots again after some seconds.
    for _ in range(15):
        come_by(agents[:3])
        if bar.inner_text() == "3 of 4":
            break
        page.wait_for_timeout(1000)
    expect(bar).to_have_text("3 of 4", timeout=15_000)
    page.get_by_role("link", name="tick the servers off").click()
    expect(page.get_by_text("Not confirmed").first).to_be_visible()
    page.get_by_label("Select cm1.example.test").check()
    page.get_by_label("Select cm2.example.test").check()
    assert not look(page, "rollover-servers", "Servers on their way to CM Agent CA G2")
    page.get_by_role("button", name="They trust the new root").click()
    expect(page.get_by_text("Noted for cm1.example.test, cm2.example.test.")).to_be_visible()
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_text("by anna on").first).to_be_visible()


def test_re_issuing_goes_on_in_waves(signed_in: Page, site: AgentSite) -> None:
    page = signed_in
    page.goto("/authorities/rollover/")
    page.get_by_role("link", name="Begin re-issuing…").click()
    expect(page.get_by_text("3 of 4 workstations trust CM Agent CA G2 so far")).to_be_visible()
    assert not look(page, "rollover-begin", "Let CM Agent CA G2 sign from now on?")
    page.get_by_role("button", name="Begin re-issuing").click()
    expect(page.get_by_text("CM Agent CA G2 signs everything new")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: no further wave begins.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Next wave of servers now").click()
    expect(page.get_by_label("Servers renewed")).to_have_text("3 of 3")
    assert not look(page, "rollover-reissuing", "Replace the root")


def test_it_ends_when_nobody_would_be_cut_off(
    signed_in: Page, site: AgentSite, agents: list[Client]
) -> None:
    page = signed_in
    # These trust the old root alone: the cross-certificate leads them to it.
    come_by(agents[:3])
    expect(page.get_by_label("Workstations renewed")).to_have_text("3 of 4", timeout=15_000)
    expect(page.get_by_text("1 workstation would be cut off")).to_be_visible()
    page.get_by_role("link", name="1 workstation without a certificate of the new root").click()
    expect(page.get_by_role("link", name="desk-3.example.com")).to_be_visible()
    site.revoke("desk-3")
    page.goto("/authorities/rollover/servers/?show=unseen")
    page.get_by_label("Select cm1.example.test").check()
    page.get_by_label("Select cm2.example.test").check()
    page.get_by_role("button", name="They use the new certificate").click()
    site.do("from pki.jobs import KINDS; KINDS['probes'].work()")
    page.goto("/authorities/rollover/")
    expect(page.get_by_text("Nobody needs CM Agent CA any more.")).to_be_visible()
    assert not look(page, "rollover-safe", "Replace the root")
    page.get_by_role("link", name="Retire CM Agent CA…").click()
    assert not look(page, "rollover-finish", "Retire CM Agent CA?")
    page.get_by_role("button", name="Finish: retire the old root").click()
    expect(page.get_by_text("CM Agent CA is retired.")).to_be_visible()
    page.goto("/authorities/")
    expect(page.get_by_text("Retired")).to_be_visible()


def test_afterwards_only_the_new_root_is_announced_and_let_in(
    site: AgentSite, agents: list[Client]
) -> None:
    pem = site.do(
        "from pki.x509 import bundles; from pki.actions.certificate_row import parsed; "
        "print(bundles.pem(parsed(Authority.objects.get(active=True).certificate)).decode())"
    )
    # From now on these trust the new root alone.
    site.root_file.write_text(pem)
    for _ in range(20):
        agents[0].reconnect()
        roots = agents[0].hello(hostname="desk-0").document["roots"]
        if len(roots) == 1:
            break
        # Each process looks at the roots again within some seconds.
        time.sleep(0.5)
    assert [root["certificate"].strip() for root in roots] == [pem.strip()]
