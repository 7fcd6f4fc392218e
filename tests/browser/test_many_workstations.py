"""A thousand workstations in the browser, and a browser that is a workstation itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import look, set_up, sign_in
from tests.pki.agent_site.conftest import AgentSite, Client
from tests.running_product import RunningProduct

MANY = 1_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(tmp_path_factory.mktemp("many"), CERTIFLOW_HOST="localhost")
    set_up(running).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site(product: RunningProduct, tmp_path_factory: pytest.TempPathFactory) -> AgentSite:
    made = AgentSite(product, tmp_path_factory.mktemp("site"))
    made.do(
        "Workstation.objects.bulk_create(Workstation(agent_id=f'id-{n}', name=f'desk-{n:04}', "
        "hostname=f'desk-{n:04}.example.com', os='Debian GNU/Linux 12', agent_version='1.0', "
        f"address='10.0.0.5', public_key_sha256=f'{{n:064x}}') for n in range({MANY}))"
    )
    return made


@pytest.fixture(scope="module")
def signed_in(page: Page, site: AgentSite) -> Page:
    sign_in(page)
    return page


def test_filters_are_saved_as_a_view(signed_in: Page) -> None:
    page = signed_in
    page.goto("/workstations/")
    page.get_by_label("Name", exact=True).fill("desk-*")
    page.get_by_label("State").select_option("pending")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Save these filters as a view").click()
    page.get_by_label("Name of the view").fill("New desks")
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("link", name="New desks")).to_have_attribute("aria-current", "page")
    assert not look(page, "workstations-view", "Workstations")


def test_a_thousand_are_approved_with_a_progress_bar(signed_in: Page) -> None:
    page = signed_in
    page.get_by_label("All 1,000 that match").check()
    page.get_by_role("button", name="Approve…").click()
    assert not look(page, "bulk-preview", "Approve 1,000 workstations?")
    page.get_by_label("Why").fill("The new building")
    page.get_by_role("button", name="Approve 1,000 workstations").click()
    bar = page.get_by_label("Workstations done")
    expect(bar).to_be_visible()
    seen = set()
    while not page.get_by_role("link", name="Back to the list").count():
        seen.add(bar.get_attribute("value"))
        page.wait_for_timeout(50)
    expect(page.get_by_role("status").filter(has_text="done")).to_have_text(
        "1,000 of 1,000 done: 1,000 changed, 0 not."
    )
    # It moved while one looked.
    assert len(seen) > 2
    assert not look(page, "bulk-finished", "Approve 1,000 workstations")


def test_some_are_selected_and_it_is_taken_back(signed_in: Page) -> None:
    page = signed_in
    page.goto("/workstations/?name=desk-00*")
    page.get_by_label("Select desk-0003").check()
    page.get_by_label("Select desk-0004").check()
    page.get_by_role("button", name="Revoke…").click()
    page.get_by_label("Why").fill("Not ours")
    page.get_by_role("button", name="Revoke 2 workstations").click()
    page.get_by_role("button", name="Undo: reinstate those 2").click()
    expect(page.get_by_role("heading", name="Reinstate 2 workstations?")).to_be_visible()
    page.get_by_label("Why").fill("Ours after all")
    page.get_by_role("button", name="Reinstate 2 workstations").click()
    expect(page.get_by_text("2 of 2 done: 2 changed, 0 not.")).to_be_visible()


def test_lists_and_pages_change_while_one_looks(signed_in: Page, site: AgentSite) -> None:
    page = signed_in
    number = site.do("print(Workstation.objects.get(name='desk-0007').pk)")
    page.goto(f"/workstations/{number}/")
    expect(page.locator("#state")).to_contain_text("Approved")
    site.do(
        "trust.revoke_workstation(Workstation.objects.get(name='desk-0007'), actor=SYSTEM, "
        "reason='Seen at the flea market')"
    )
    expect(page.locator("#state")).to_contain_text("Revoked")
    expect(page.get_by_text("Seen at the flea market")).to_be_visible()
    expect(page.get_by_role("link", name="Reinstate")).to_be_visible()
    page.goto("/workstations/?name=desk-0008")
    expect(page.locator("#live").get_by_text("Approved")).to_be_visible()
    site.do(
        "trust.revoke_workstation(Workstation.objects.get(name='desk-0008'), actor=SYSTEM, "
        "reason='Gone')"
    )
    expect(page.locator("#live").get_by_text("Revoked")).to_be_visible(timeout=15_000)


def test_what_one_has_selected_is_not_taken_away(signed_in: Page) -> None:
    page = signed_in
    page.goto("/workstations/?name=desk-0009")
    box = page.get_by_label("Select desk-0009")
    box.check()
    page.wait_for_timeout(11_000)
    expect(box).to_be_checked()


def test_the_list_is_exported(signed_in: Page) -> None:
    page = signed_in
    page.goto("/workstations/?name=desk-001*")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    assert download.value.suggested_filename == "workstations.csv"
    assert download.value.path().read_text("utf-8-sig").count("desk-001") == 20


def test_a_browser_with_a_workstations_certificate_is_let_in(
    browser: Browser, site: AgentSite
) -> None:
    """The agent site asks a browser for its certificate, as it asks an agent."""
    agent = Client(site, "browser-1")
    assert agent.register(site.token(automatic=True)).status == 200
    agent.connect()
    address = f"https://localhost:{site.port}"
    path = str(site.directory / "browser-1.pem")
    shown = [{"origin": address, "certPath": path, "keyPath": path}]
    for certificates, status, words in (
        (shown, 200, '"tasks": []'),
        (None, 401, "certificate.required"),
    ):
        context = browser.new_context(client_certificates=certificates, ignore_https_errors=True)
        page = context.new_page()
        answer = page.goto(f"{address}/agent/v1/tasks")
        assert answer is not None
        assert (answer.status, words in answer.text()) == (status, True), answer.text()
        context.close()


def test_jobs_run_by_themselves_and_when_asked(signed_in: Page) -> None:
    page = signed_in
    page.goto("/jobs/")
    row = page.get_by_role("row").filter(has_text="Revocation lists and OCSP")
    expect(row.get_by_text("Done")).to_be_visible(timeout=30_000)
    assert not look(page, "jobs", "Jobs")
    page.get_by_role("button", name="Run now: Tidying up").click()
    expect(page.get_by_text("“Tidying up” starts within a few seconds.")).to_be_visible()
    page.get_by_role("link", name="Tidying up").click()
    expect(page.get_by_role("heading", level=1, name="Tidying up")).to_be_visible()
    for _ in range(30):
        page.reload()
        if page.get_by_text("Done").count() >= 2:
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("reminders removed").nth(1)).to_be_visible()
    assert not look(page, "job", "Tidying up")


def test_a_server_is_looked_at(signed_in: Page, site: AgentSite) -> None:
    """The agent site itself, which answers with the certificate of this host."""
    page = signed_in
    number = site.do("print(Server.objects.get(fqdn='localhost').pk)")
    page.goto(f"/servers/{number}/probe/target/")
    page.get_by_label("Name or IP address").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(site.port))
    assert not look(page, "server-target", "Where localhost answers")
    page.get_by_role("button", name="Save the changes").click()
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("listitem").filter(has_text="In use at").last).to_be_attached()
    assert not look(page, "server-probed", "localhost")
