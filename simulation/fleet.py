"""The agents: real ones, over real mutual TLS, that live on their own from poll to poll."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from certiflow_agent.agent import Agent
from certiflow_agent.errors import AgentError, Refused
from certiflow_agent.identity import Identity
from certiflow_agent.server import pinned_root
from simulation.plan import SEED, Plan, PlannedAgent

#: Days between two polls of an agent, at random: notebooks that are not on every day.
FEWEST, MOST = 2, 12
#: Days after which each agent that is on has come by, in steps of a week too.
LATELY = MOST + 7
#: Agents that ask at the same time.
AT_ONCE = 4


@dataclass(frozen=True)
class Site:
    """What somebody who registers an agent has to know."""

    address: str
    #: The root's fingerprint.
    root_sha256: Callable[[], str]
    #: Makes an enrollment token.
    token: Callable[[], str]


@dataclass
class Member:
    planned: PlannedAgent
    agent: Agent
    next_visit: int
    certificate: x509.Certificate | None = None
    #: Came back when its certificate had expired, and is not in again yet.
    late: bool = False
    revoked: bool = False

    def is_on(self, day: int) -> bool:
        dies, away = self.planned.dies, self.planned.away
        return (
            day >= self.planned.joins
            and (dies is None or day < dies)
            and (away is None or not away[0] <= day <= away[1])
        )

    def was_on_lately(self, day: int) -> bool:
        """Long enough to have come by since it joined or was switched on again."""
        return all(self.is_on(each) for each in range(day - LATELY, day + 1))

    def must_live(self, day: int) -> bool:
        """Whether its certificate may never be found expired."""
        return self.was_on_lately(day) and not self.is_excluded(day) and not self.late

    def is_excluded(self, day: int) -> bool:
        return self.planned.revoked is not None and day >= self.planned.revoked

    def comes_by(self, day: int) -> bool:
        """One that was revoked goes on asking, until its certificate has expired as well."""
        asks = self.next_visit <= day and self.is_on(day)
        return asks and not (self.revoked and self.expired())

    def expired(self) -> bool:
        now = datetime.now(UTC)
        return self.certificate is not None and self.certificate.not_valid_after_utc <= now


class Fleet:
    def __init__(self, plan: Plan, directory: Path, site: Site) -> None:
        self.site = site
        self.chance = random.Random(SEED + 1)
        self.members = [
            Member(each, Agent(Identity(directory / each.agent_id)), each.joins)
            for each in plan.agents
        ]
        self.pool = ThreadPoolExecutor(AT_ONCE)
        #: Identifiers of those that somebody revoked because they were not seen for long.
        self.given_up: set[str] = set()

    def close(self) -> None:
        self.pool.shutdown()

    def visits(self, day: int) -> tuple[Counter[str], list[str]]:
        """Everyone whose time it is comes by; what happened, and what should not have."""
        due = [each for each in self.members if each.comes_by(day)]
        for each in due:
            each.next_visit = day + self.chance.randint(FEWEST, MOST)
        happened: Counter[str] = Counter(polls=len(due))
        wrong: list[str] = []
        for what, sentence in self.pool.map(lambda each: self.visit(each, day), due):
            happened[what] += 1
            wrong += [sentence] if sentence else []
        return happened, wrong

    def visit(self, member: Member, day: int) -> tuple[str, str]:
        agent, before = member.agent, member.certificate
        excluded = member.is_excluded(day)
        too_late = member.expired() or self.is_given_up(member)
        try:
            if not agent.identity.settings:
                self.join(agent)
            agent.round()
        except AgentError as error:
            if excluded and isinstance(error, Refused) and error.code == "workstation.revoked":
                member.revoked = True
                return "agents_refused", ""
            if too_late:
                self.begin_anew(member)
                return "agents_late", ""
            return "agents_failed", f"{member.planned.agent_id} was refused: {error}"
        finally:
            # The next one verifies everything anew.
            agent.drop_connection()
        if excluded or too_late:
            why = "revoked" if excluded else "expired or revoked"
            return "agents_failed", f"{member.planned.agent_id} was served although {why}."
        member.certificate = agent.identity.certificate
        if member.certificate is None:
            return "agents_waiting", ""
        member.late = False
        if before is None:
            return "agents_joined", ""
        renewed = member.certificate.serial_number != before.serial_number
        return "agents_renewed" if renewed else "agents_well", ""

    def is_given_up(self, member: Member) -> bool:
        return member.planned.agent_id in self.given_up and member.planned.revoked is None

    def join(self, agent: Agent) -> None:
        """As `certiflow-agent register` does."""
        root = pinned_root(self.site.address, self.site.root_sha256())
        agent_id = agent.identity.directory.name
        agent.identity.trust([root])
        agent.identity.remember(server=self.site.address, agent_id=agent_id, state="new")
        agent.register(self.site.token())

    def begin_anew(self, member: Member) -> None:
        """A person registers it again, with a new key, which somebody has to approve."""
        identity = member.agent.identity
        identity.forget_key()
        identity.trust([pinned_root(self.site.address, self.site.root_sha256())])
        member.late, member.certificate = True, None
        member.agent.drop_connection()
        member.agent.register(self.site.token())

    def must_live(self, day: int) -> Iterator[Member]:
        return (each for each in self.members if each.must_live(day))

    def numbers(self, day: int) -> dict[str, int]:
        joined = [each for each in self.members if each.certificate is not None or each.late]
        out = [each for each in joined if each.revoked or self.is_given_up(each)]
        on = [each for each in joined if each.is_on(day)]
        return {
            "agents_alive": sum(each not in out for each in on),
            "agents_silent": sum(not each.is_on(day) and each not in out for each in joined),
            "agents_revoked": len(out),
        }

    def unseen(self, day: int, seen: Mapping[str, str], step: int) -> Iterator[str]:
        """Where the product believes that an agent is silent which is not."""
        earliest = datetime.now(UTC) - timedelta(days=MOST + 2 * step)
        for each in self.must_live(day):
            at = seen.get(each.planned.agent_id)
            if at is None or datetime.fromisoformat(at) < earliest:
                yield f"{each.planned.agent_id} lives, and was last seen {at or 'never'}."

    def too_short(self, day: int) -> Iterator[str]:
        for each in self.must_live(day):
            if each.certificate is None:
                yield f"{each.planned.agent_id} has no certificate."
            elif each.expired():
                yield f"The certificate of {each.planned.agent_id}, which lives, has expired."
