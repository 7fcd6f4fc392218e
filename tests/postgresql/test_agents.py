"""The running product on PostgreSQL, with more agents at once than it has connections."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.pki.agent_site.conftest import AgentSite, Client
from tests.postgresql.conftest import new_database
from tests.running_product import RunningProduct

pytestmark = pytest.mark.started
AGENTS = 40


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentSite]:
    directory: Path = tmp_path_factory.mktemp("on-postgresql")
    address = new_database(database_url, "agents")
    product = RunningProduct(directory, CERTIFLOW_HOST="localhost", DATABASE_URL=address)
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    product.start()
    yield AgentSite(product, directory)
    product.stop()


def test_many_join_at_once_and_each_is_trusted(site: AgentSite) -> None:
    token = site.token(automatic=True, uses=1_000)
    clients = [Client(site, f"pc-{number}") for number in range(AGENTS)]

    def join(client: Client) -> str:
        assert client.register(token).status == 200
        assert client.hello(cores=4).status == 200
        state: str = client.hello(cores=4).document["state"]
        return state

    with ThreadPoolExecutor(AGENTS) as pool:
        assert list(pool.map(join, clients)) == ["trusted"] * AGENTS
    assert site.do("print(Workstation.objects.filter(state='trusted').count())") == str(AGENTS)


def test_a_task_a_revocation_and_what_is_published(site: AgentSite) -> None:
    client = Client(site, "pc-last")
    assert client.register(site.token(automatic=True)).status == 200
    assert client.hello().document["state"] == "trusted"
    site.do(
        "agent_tasks.assign_task(Workstation.objects.get(agent_id='pc-last'), "
        "'report-inventory', {}, actor=SYSTEM)"
    )
    assert client.hello().document["tasks"] == 1
    assert len(client.call("GET", "/agent/v1/tasks").document["tasks"]) == 1
    site.revoke("pc-last")
    assert client.hello().code == "workstation.revoked"
    path = site.do("print(f'/pki/{Authority.objects.get().pk}.crl')")
    answer = Client(site, "anyone").call("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pkix-crl")
    assert site.do("print(RevocationList.objects.get().entries)") == "1"
