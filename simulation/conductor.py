"""The years, step by step: the clock jumps, and everybody does what they do on such a day."""

import random
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulation import opinions
from simulation.fleet import Fleet, Site
from simulation.judges import Judges, issued_by
from simulation.log import Log
from simulation.machines import Machine, Machines
from simulation.mailbox import Mailbox
from simulation.moved_clock import under_moved_clock
from simulation.parts import PARTS
from simulation.parts.part import Witness
from simulation.plan import HOST, SEED, Plan
from simulation.product import Product, free_ports
from simulation.receiver import open_receiver

#: A step this long may be longer than a list that was fetched at its beginning is good.
FETCHED_OFTEN = 3
#: Certificates of servers and of agents that OCSP is asked about at each step.
ASKED, MOST_REVOKED = 10, 40
#: Seconds after which a revocation has reached every process of the product, and this host
#: answers with its newest certificate. Agents may hear of other roots a few seconds later.
SETTLED = 1.5
#: While the root is replaced: from a day's work of people to the next look of the jobs.
SOON = timedelta(minutes=2)


class Conductor:
    def __init__(self, plan: Plan, world: str, directory: Path, stack: ExitStack) -> None:
        self.plan = plan
        self.began = time.monotonic()
        self.clock = under_moved_clock()
        self.log = Log()
        self.chance = random.Random(SEED + 2)
        #: How far today is ahead of the hour at which days begin.
        self.later = timedelta()
        dashboard, agents, public, mail, receiver = free_ports(5)
        self.mailbox = Mailbox(mail)
        self.mailbox.open()
        stack.callback(self.mailbox.close)
        self.receiver, server = open_receiver(receiver)
        stack.callback(server.shutdown)
        self.product = Product(directory, dashboard, agents, public, mail)
        stack.callback(self.product.stop)
        self.product.set_up(plan.size)
        self.product.start()
        self.driver = self.product.driver(world)
        self.parts = [part(plan) for part in PARTS]
        told = self.driver.do("furnish", receiver=f"http://127.0.0.1:{receiver}/hook")
        self.receiver.key = told["webhook_key"]
        self.driver.do("jobs")
        self.books: dict[str, Any] = self.driver.do("read", after_event=0)
        self.letters_read = self.letters_seen = self.calls_seen = 0
        self.machines = Machines(plan, directory / "machines", self.driver)
        self.machines.open(self.books["servers"])
        site = Site(self.product.agent_site, self.active_root, lambda: str(self.driver.do("token")))
        self.fleet = Fleet(plan, directory / "agents", site)
        stack.callback(self.fleet.close)
        (directory / "judges").mkdir()
        self.judges = Judges(directory / "judges", self.product.public, self.product.dashboard)
        self.settled_at = time.monotonic()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def wrong(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.log.incident(self.now, sentence)
            sys.stderr.write(f"{self.now:%Y-%m-%d} {sentence}\n")

    def run(self) -> dict[str, Any]:
        size = self.plan.size
        self.wrong(self.mail_arrives())
        # Those who join on the first day.
        self.agents_come(range(1))
        for first in range(1, size.days + 1, size.step):
            days = range(first, min(first + size.step, size.days + 1))
            self.clock.move(timedelta(days=len(days)) - self.later)
            self.later = timedelta()
            self.step(days)
            if days[-1] % 28 < size.step:
                self.progress(days[-1])
        reports = self.driver.do("report")
        witness = Witness(
            self.mailbox.letters,
            self.receiver.calls,
            self.books,
            {fqdn: machine.file.read_text() for fqdn, machine in self.machines.all.items()},
            self.trusted_by_agents(size.days),
        )
        self.wrong(f"A webhook's call is not signed well: {why}" for why in self.receiver.refused)
        for part in self.parts:
            self.wrong(part.judge(reports[part.name], witness))
        return self.log.document(timedelta(seconds=time.monotonic() - self.began), reports)

    def step(self, days: range) -> None:
        # The clock comes by every half hour in truth, and by this before anything else here.
        self.driver.do("publish")
        # First of all, when nobody has done anything ahead of time yet.
        self.published(days[-1])
        self.outage(days)
        self.jobs()
        self.count(self.driver.do("day", first=days[0], last=days[-1], post=self.post()))
        if self.books["replacement"]:
            self.clock.move(SOON)
            self.later = SOON
            self.jobs()
        self.read()
        self.count({"installed": self.machines.install_due(self.books["servers"], days)})
        self.agents_come(days)
        for roots in opinions.of_people(self.books):
            self.wrong(self.judges.ready(roots))
        self.note(days)

    def outage(self, days: range) -> None:
        """Mail server and webhook's receiver are away, and come back."""
        works = not any(day in self.plan.outage for day in days)
        self.receiver.works = works
        if works:
            self.mailbox.open()
        else:
            self.mailbox.close()

    def post(self) -> list[dict[str, str]]:
        """What people find in their boxes since they looked last."""
        new = self.mailbox.letters[self.letters_read :]
        self.letters_read += len(new)
        return [{"to": to, "text": each.text} for each in new for to in each.recipients]

    def published(self, day: int) -> None:
        """Revocation lists, OCSP, and by these what every server and some agents have in use."""
        if self.plan.size.step <= FETCHED_OFTEN:
            self.wrong(self.judges.kept_lists_are_good())
        self.wrong(self.judges.fetch_lists(self.books["authorities"]))
        machines = [each for each in self.machines.all.values() if self.may_not_expire(each)]
        files = [each.file for each in machines]
        for roots in self.bundles(day):
            self.wrong(self.judges.chains(files, roots, "sslserver"))
        agents = [each for each in self.fleet.must_live(day) if each.certificate is not None]
        asked = self.chance.sample(agents, min(ASKED, len(agents)))
        own = [each.agent.identity.identity_file for each in asked]
        for roots in opinions.of_servers(self.books):
            self.wrong(self.judges.chains(own, roots, "sslclient"))
        sample = self.chance.sample(files, min(ASKED, len(files)))
        # What was revoked a moment ago by the machine's clock may not be known everywhere.
        time.sleep(max(0.0, self.settled_at - time.monotonic()))
        revoked = [self.judges.kept(*each) for each in self.books["revoked"].items()]
        expected = dict.fromkeys([*sample, *own], "good") | dict.fromkeys(
            self.chance.sample(revoked, min(MOST_REVOKED, len(revoked))), "revoked"
        )
        host = self.machines.all[HOST].file
        for authority in self.books["authorities"]:
            mine = {
                path: status for path, status in expected.items() if self.is_of(path, authority)
            }
            self.wrong(self.judges.ocsp(authority, mine))
            if self.is_of(host, authority):
                # The same question every time, whose answer is kept for a while.
                self.wrong(self.judges.ocsp(authority, {host: "good"}))

    def is_of(self, path: Path, authority: dict[str, Any]) -> bool:
        return issued_by(path, self.books["authorities"]) == authority["id"]

    def may_not_expire(self, machine: Machine) -> bool:
        """People may come too late; then there is nothing to judge but the calendar."""
        return machine.planned.by_hand is None or not machine.expired()

    def jobs(self) -> None:
        done = self.driver.do("jobs")
        self.count({"job_runs": sum(done["runs"].values())})
        self.wrong(f"A job failed: {each}" for each in done["failed"])

    def read(self) -> None:
        before = self.books
        self.books = self.driver.do("read", after_event=before["last_event"])
        self.count({"servers_renewed": self.books["server_renewals"] - before["server_renewals"]})
        events = self.books["events"]
        revoked = events.get("certificate.revoked", 0) + events.get("workstation.revoked", 0)
        self.count({"revocations": revoked})
        if revoked:
            self.settled_at = time.monotonic() + SETTLED
        if "rollover.reissuing" in events:
            # Whoever joins from now on knows the successor only.
            time.sleep(SETTLED)
        servers = self.books["servers"]
        if not revoked:
            self.wrong(self.machines.wrong_probes(servers))
        for fqdn, each in servers.items():
            if datetime.fromisoformat(each["not_after"]) <= self.now:
                if each["automatic"]:
                    self.wrong([f"The certificate of {fqdn}, renewed by itself, has expired."])
                else:
                    self.count({"expired_by_hand": self.plan.size.step})

    def agents_come(self, days: range) -> None:
        day = days[-1]
        self.fleet.given_up = set(self.books["given_up"])
        happened, wrong = self.fleet.visits(day)
        self.count(happened)
        self.wrong(wrong)
        self.wrong(self.fleet.too_short(day))
        self.wrong(self.fleet.unseen(day, self.books["seen"], self.plan.size.step))

    def active_root(self) -> str:
        """The fingerprint of the one that signs now."""
        [sha256] = [each["sha256"] for each in self.books["authorities"] if each["active"]]
        return str(sha256)

    def bundles(self, day: int) -> set[bytes]:
        """The different opinions of living agents on which roots are trusted."""
        return set(self.trusted_by_agents(day).values()) or {
            opinions.bundle(opinions.roots(self.books))
        }

    def trusted_by_agents(self, day: int) -> dict[str, bytes]:
        return {
            each.planned.agent_id: each.agent.identity.roots_file.read_bytes()
            for each in self.fleet.must_live(day)
        }

    def mail_arrives(self) -> list[str]:
        deadline = time.monotonic() + 10
        while not self.mailbox.letters and time.monotonic() < deadline:
            time.sleep(0.05)
        return [] if self.mailbox.letters else ["The first letter did not arrive."]

    def count(self, counted: dict[str, int]) -> None:
        self.log.count(self.now, counted)

    def note(self, days: range) -> None:
        valid = self.books["valid"]
        letters, calls = len(self.mailbox.letters), len(self.receiver.calls)
        self.count(
            {
                "mails": letters - self.letters_seen,
                "calls": calls - self.calls_seen,
                "judgements": self.judges.given,
            }
        )
        self.letters_seen, self.calls_seen, self.judges.given = letters, calls, 0
        self.log.stands(
            self.now,
            {
                "servers_valid": valid.get("server", 0),
                "agents_valid": valid.get("workstation", 0),
                "list_number": sum(each["list_number"] for each in self.books["authorities"]),
                "responders": self.books["responders"],
                "servers_new_root": self.books["under_newest"].get("server", 0),
                "agents_new_root": self.books["under_newest"].get("workstation", 0),
                **self.fleet.numbers(days[-1]),
            },
        )

    def progress(self, day: int) -> None:
        took = time.monotonic() - self.began
        sys.stderr.write(
            f"{self.now:%Y-%m-%d}  day {day} of {self.plan.size.days}, {took:.0f} seconds, "
            f"{len(self.log.incidents)} incidents\n"
        )
        sys.stderr.flush()
