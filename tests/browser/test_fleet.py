"""Five real agents join; an administrator approves three, denies one, leaves one, revokes one."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import look, set_up, sign_in
from tests.pki.agent_site.conftest import AgentSite
from tests.pki.agent_site.test_reference_agent import PROGRAM, Process
from tests.running_product import RunningProduct


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(
        tmp_path_factory.mktemp("fleet"),
        CERTIFLOW_HOST="localhost",
        CERTIFLOW_AGENT_POLL_SECONDS="1",
    )
    set_up(running).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site(product: RunningProduct, tmp_path_factory: pytest.TempPathFactory) -> AgentSite:
    return AgentSite(product, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def agents(site: AgentSite, tmp_path_factory: pytest.TempPathFactory) -> list[Process]:
    directory = tmp_path_factory.mktemp("agents")
    return [Process(site, directory, f"fleet-{number}") for number in range(1, 6)]


@pytest.fixture(scope="module")
def running(agents: list[Process]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The agents at work, each as its service would run it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()


def until(agent: Process, state: str) -> None:
    for _ in range(120):
        if agent.status["state"] == state:
            return
        time.sleep(0.5)
    raise AssertionError(f"{agent.name} is {agent.status}, not {state}")


def decide(page: Page, hostname: str, agent: Process, button: str, reason: str = "") -> None:
    page.goto(f"/workstations/?state={'trusted' if button == 'Revoke' else 'pending'}")
    expect(page.get_by_role("heading", level=1, name="Workstations")).to_be_visible()
    number = agent.site.do(f"print(Workstation.objects.get(agent_id={agent.name!r}).pk)")
    page.locator(f'a[href="/workstations/{number}/"]').click()
    page.get_by_role("link", name=button, exact=True).click()
    if reason:
        page.get_by_label("Why").fill(reason)
    assert not look(page, f"workstation-{button.lower()}", f"{button} {hostname}")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(f"{hostname} is ")).to_be_visible()


def test_the_token_is_made_in_the_browser_and_five_agents_wait(
    page: Page, site: AgentSite, agents: list[Process]
) -> None:
    sign_in(page)
    page.goto("/tokens/new/")
    assert not look(page, "token-new", "New enrollment token")
    page.get_by_label("Name", exact=True).fill("Fleet")
    page.get_by_label("For how many workstations").fill("5")
    page.get_by_role("button", name="Make the token").click()
    assert not look(page, "token-made", "The token “Fleet”")
    token = page.locator("#token").inner_text()
    for agent in agents:
        said = agent.register(token, "--no-wait")
        assert said.returncode == 0, said.stderr
    page.goto("/tokens/")
    expect(page.get_by_text("5 of 5")).to_be_visible()
    assert not look(page, "tokens", "Enrollment tokens")
    page.goto("/")
    for agent in agents:
        shown = page.get_by_text(agent.status["key_sha256"][:16].upper())
        expect(shown).to_be_visible()
    assert not look(page, "overview-waiting", "Overview")


def test_three_are_approved_one_is_denied_one_is_left(
    page: Page, agents: list[Process], running: list["subprocess.Popen[bytes]"]
) -> None:
    hostname = agents[0].site.do("print(Workstation.objects.first().name)")
    for agent in agents[:3]:
        decide(page, hostname, agent, "Approve")
    decide(page, hostname, agents[3], "Deny")
    for agent in agents:
        running.append(subprocess.Popen([PROGRAM, "run", "--state-dir", agent.directory]))
    for agent in agents[:3]:
        until(agent, "trusted")
    assert agents[3].run("once").stderr == "An administrator denied this workstation.\n"
    assert agents[4].status["state"] == "pending"
    page.goto("/workstations/")
    assert not look(page, "workstations", "Workstations")


def test_a_task_is_sent_and_its_result_read(page: Page, agents: list[Process]) -> None:
    number = agents[0].site.do("print(Workstation.objects.get(agent_id='fleet-1').pk)")
    page.goto(f"/workstations/{number}/task/")
    assert not look(page, "workstation-task", "Give ")
    page.get_by_label("Collect agent log").check()
    page.get_by_role("button", name="Give it").click()
    # A reload in the middle of the way there fails.
    page.wait_for_url("**/tasks/**")
    page.wait_for_load_state()
    for _ in range(60):
        page.reload()
        if page.get_by_text("Completed").count():
            break
        time.sleep(0.5)
    expect(page.get_by_text("Registered as fleet-1.")).to_be_visible()
    assert not look(page, "task", "Collect agent log")
    page.goto("/tasks/")
    assert not look(page, "tasks", "Tasks")


def test_a_revoked_agent_is_stopped_at_its_next_request(page: Page, agents: list[Process]) -> None:
    hostname = agents[1].site.do("print(Workstation.objects.get(agent_id='fleet-2').name)")
    decide(page, hostname, agents[1], "Revoke", reason="Stolen from the office")
    until(agents[1], "revoked")
    assert agents[0].status["state"] == "trusted"
    expect(page.get_by_text("Stolen from the office")).to_be_visible()
    assert not look(page, "workstation-revoked", hostname)
    log = Path(agents[1].directory / "agent.log").read_text()
    assert "This workstation was revoked." in log
