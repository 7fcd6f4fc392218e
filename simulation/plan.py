"""What will happen to whom: the same every time, from one seed."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

#: A leap day lies within the three years that follow; at this hour the day's mail has gone out.
BEGIN = datetime(2027, 1, 1, 8, tzinfo=UTC)
SEED = 20270101
#: This host: agents reach the agent site by this name.
HOST = "localhost"
#: Days before the end at which servers' certificates are renewed by themselves.
DAYS_AHEAD = 30
#: The fewest and the most days of servers' first certificates.
FIRST_LIFETIMES = (70, 397)
#: Of those that people renew, so that they hear of them from the beginning.
BY_HAND_LIFETIMES = (70, 160)
#: Days between two backups; one of them is forgotten.
BACKED_UP_EVERY, FORGOTTEN = 30, 8
#: Days left, as a mail tells them, at which those who renew by hand take it in hand.
HEEDED = (60, 30, 14, 7)


@dataclass(frozen=True)
class Replacement:
    """The days on which people take the steps of replacing the root."""

    starts: int
    #: The last server has the successor in its trust store.
    confirmed: int
    reissues: int
    #: The first day without waves, and the one on which they go on.
    paused: tuple[int, int]


@dataclass(frozen=True)
class Size:
    """How large the world is, and how time goes by in it."""

    days: int
    step: int
    servers: int
    by_hand: int
    listening: int
    agents: int
    dead: int
    away: int
    revoked: int
    root_key_bits: int
    root: Replacement
    #: Servers in one wave of it.
    wave: int


THREE_YEARS = Size(
    days=1095,
    step=1,
    servers=50,
    by_hand=8,
    listening=5,
    agents=200,
    dead=6,
    away=10,
    revoked=5,
    root_key_bits=4096,
    # In the second year.
    root=Replacement(starts=400, confirmed=450, reissues=430, paused=(470, 477)),
    wave=5,
)
#: For the tests: a little more than a year, by the week.
A_YEAR = Size(
    days=392,
    step=7,
    servers=3,
    by_hand=1,
    listening=1,
    agents=4,
    dead=1,
    away=0,
    revoked=1,
    root_key_bits=2048,
    root=Replacement(starts=210, confirmed=238, reissues=224, paused=(245, 252)),
    wave=2,
)
WORLDS = {"a-year": A_YEAR, "three-years": THREE_YEARS}


@dataclass(frozen=True)
class PlannedServer:
    fqdn: str
    #: None: renewed by itself. Else by people, once a mail tells that so many days are left or
    #: fewer; with 0 they wait until it has expired.
    by_hand: int | None
    #: Days after that mail.
    acts_after: int
    #: Who is told of it besides the administrator.
    owner: str
    same_key: bool
    key: str
    #: Days of its first certificate, so that not all of them end at once.
    lifetime: int
    #: Days from a new certificate to its being in use on the server.
    installed_after: int
    #: Whether something really listens there and is probed.
    listens: bool


@dataclass(frozen=True)
class PlannedAgent:
    agent_id: str
    joins: int
    #: The day on which it is switched off for good.
    dies: int | None = None
    #: The first and the last day on which it is switched off.
    away: tuple[int, int] | None = None
    #: The day on which a person revokes it.
    revoked: int | None = None


@dataclass(frozen=True)
class Plan:
    size: Size
    servers: tuple[PlannedServer, ...]
    agents: tuple[PlannedAgent, ...]
    #: The day on which a server's key is lost: its certificate is revoked and made anew.
    key_lost: dict[int, str]
    #: The days on which neither the mail server nor the webhook's receiver works.
    outage: range
    #: The days on which a person makes a backup.
    backups: frozenset[int]


def plan(size: Size) -> Plan:
    chance = random.Random(SEED)
    servers = tuple(planned_server(number, size, chance) for number in range(size.servers))
    agents = tuple(planned_agent(number, size, chance) for number in range(size.agents))
    automatic = [each.fqdn for each in servers if each.by_hand is None and each.fqdn != HOST]
    lost = {size.days * 2 // 5: automatic[0], size.days * 7 // 10: automatic[-1]}
    # When there is something to tell for certain.
    [first, *_] = [each.lifetime for each in servers if each.by_hand is not None]
    outage = range(first - max(HEEDED), first - max(HEEDED) + 2)
    months = range(1, size.days, BACKED_UP_EVERY)
    backups = frozenset(day for number, day in enumerate(months) if number != FORGOTTEN)
    return Plan(size, servers, agents, lost, outage, backups)


def planned_server(number: int, size: Size, chance: random.Random) -> PlannedServer:
    """This host first, then those that listen; those renewed by hand come last."""
    by_hand = number >= size.servers - size.by_hand
    if by_hand:
        owner = f"owner-{number}@example.com"
    else:
        owner = "branch@example.com" if number % 10 == 1 else ""
    return PlannedServer(
        fqdn=f"cm{number}.example.com" if number else HOST,
        # One in four people is late.
        by_hand=(0 if number % 4 == 0 else chance.choice(HEEDED)) if by_hand else None,
        acts_after=chance.randint(1, 3),
        owner=owner,
        same_key=number % 7 == 3,
        key="rsa-2048" if number % 5 == 4 else "ec-p256",
        lifetime=chance.randint(*(BY_HAND_LIFETIMES if by_hand else FIRST_LIFETIMES)),
        installed_after=0 if number == 0 else chance.randint(1, 14),
        listens=1 <= number <= size.listening,
    )


def planned_agent(number: int, size: Size, chance: random.Random) -> PlannedAgent:
    """Who dies, is away or revoked comes first; a tenth joins in the course of the first year."""
    agent_id = f"agent-{number:03}"
    first_year = min(365, size.days)
    joins = chance.randint(0, first_year * 2 // 3) if number % 10 == 9 else chance.randint(0, 20)
    later = chance.randint(joins + 30, size.days - 30)
    if number < size.dead:
        return PlannedAgent(agent_id, joins, dies=later)
    if number < size.dead + size.revoked:
        return PlannedAgent(agent_id, joins, revoked=later)
    if number < size.dead + size.revoked + size.away:
        # From a long holiday to most of a certificate's lifetime, and beyond.
        begins = chance.randint(joins + 30, size.days * 2 // 3)
        return PlannedAgent(agent_id, joins, away=(begins, begins + chance.randint(30, 330)))
    return PlannedAgent(agent_id, joins)
