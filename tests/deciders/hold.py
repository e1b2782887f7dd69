"""The branch of grants and the ledger as they stand, on a real repository: plans are applied to it for real.

GitHub is a few facts by hand: which pull request brought which commit, who approved it, what they may do.
"""

from dataclasses import replace
from datetime import timedelta

import pygit2

from bot.adapters.git.mirror import GitMirror
from bot.apply_git import ensure_files
from bot.apply_ledger import ensure_record
from bot.catalog.check import check
from bot.commands.call import calls
from bot.commands.roles import asker_of
from bot.commands.settings import command_settings
from bot.deciders.commands.judged import Text, answer
from bot.deciders.decider import Rights
from bot.deciders.lease import plan_leases
from bot.gather_leases import gather_leases
from bot.leases.grant import GRANTS
from bot.leases.ledger import LEDGER, all_entries
from bot.leases.standing import standing
from bot.model.acts import EnsureIssue, Record
from bot.model.event import Commanded, LeasesDue
from bot.model.plan import EnsureFiles
from bot.model.proposal import EnsurePull
from bot.model.pull import Approval, Person
from bot.model.spot import Spot
from bot.model.thread import Written
from bot.ports import Ports
from tests.deciders.talk import BASE, REQUEST, request
from tests.platforms import NOW, REPO, pull, snapshot

US = ("roadcrew[bot]", "1+roadcrew[bot]@users.noreply.github.com")
DUE = LeasesDue(delivery="leases-1", repo=REPO)
HOUR = timedelta(hours=1)
FOLDER = "prod/shop-logs"
ASKED = {REQUEST: request(more="  duration: 4h\n")}


class Hub:
    """What GitHub says."""

    def __init__(self):
        self.pulls = {}
        self.commits = {}
        self.moved = {}
        self.brought = {}
        self.permissions = {}

    def pulls_of_commit(self, _repo, sha):
        merged = [one.number for one in self.pulls.values() if one.merge_sha == sha]
        return self.brought.get(sha, merged)

    def pull_commits(self, _repo, number):
        return self.commits.get(number, [])

    def head_moved_at(self, _repo, number):
        return self.moved.get(number)

    def pull(self, _repo, number):
        return self.pulls[number]


class Hold:
    """A platform repo. `at`: the clock."""

    def __init__(self, folder, base=BASE):
        self.origin = pygit2.init_repository(str(folder / "hub/acme/platform.git"), bare=True)
        self._folder = folder
        self.mirror, self.other = self._mirror("mirrors", US), self._mirror("others", ("Someone", "some@one"))
        self.at, self.hub, self.memo = NOW, Hub(), {}
        self.ports = Ports(
            forge=self.hub,
            mirror=self.mirror,
            queue=None,
            clock=lambda: self.at,
            run=None,
            schemas=None,
            judge=None,
            identity_email=lambda: US[1],
        )
        self.issues, self.proposed = {}, {}
        self.commit("main", base, by=self.other)

    def _mirror(self, name, identity):
        url = f"file://{self._folder}/hub"
        return GitMirror(self._folder / name, git_url=url, token_for=lambda _: "x", identity=lambda: identity)

    def tip(self, branch):
        ref = f"refs/heads/{branch}"
        return str(self.origin.references[ref].target) if ref in self.origin.references else None

    def tree(self, branch):
        tip = self.tip(branch)
        if tip is None:
            return None
        self.mirror.fetch(REPO, [f"refs/heads/{branch}"])
        return self.mirror.tree(REPO, tip)

    def commit(self, branch, files, *, by=None, message="Change\n"):
        mirror = by or self.other
        mirror.fetch(REPO, [f"refs/heads/{branch}"])
        data = {path: one.encode() if isinstance(one, str) else one for path, one in files.items()}
        return mirror.push(REPO, branch, expected=self.tip(branch), files=data, message=message, at=self.at)

    def merge(self, files=ASKED, *, number=7, by=None, message="Merge\n", **facts):
        """A pull request that is merged: one commit on the default branch."""
        sha = self.commit("main", files, by=by, message=message)
        found = {"number": number, "is_open": False, "is_merged": True, "merged_by": "developer", **facts}
        self.hub.pulls[number] = pull(merge_sha=sha, **found)
        return sha

    def approve(self, login="reviewer", *, number=7, head=None, at=None, permission="write"):
        was = self.hub.pulls[number]
        given = Approval(login, head or was.head_sha, at or self.at)
        self.hub.pulls[number] = replace(was, approvals=(*was.approvals, given))
        self.hub.permissions[login] = permission

    def look(self, event=DUE, **facts):
        """The snapshot that a worker would gather now."""
        self.mirror.fetch(REPO, ["refs/heads/main"])
        tip = self.tip("main")
        base = snapshot(
            now=self.at, tip=tip, tip_at=self.at, tip_tree=self.mirror.tree(REPO, tip), memo=self.memo
        )
        return gather_leases(event, replace(base, **facts), self.ports, self._rights)

    def _rights(self, logins, _snapshot, _ports):
        return {one: Rights(self.hub.permissions.get(one, "none")) for one in logins}

    def plan(self, event=DUE, **facts):
        return plan_leases(event, self.look(event, **facts))

    def apply(self, effects):
        for one in effects:
            match one:
                case EnsureFiles():
                    ensure_files(one, self.ports)
                case Record():
                    ensure_record(one, self.ports)
                case EnsureIssue():
                    self.issues.setdefault(one.marker, one)
                case EnsurePull():
                    self.proposed.setdefault(one.head, one)

    def tick(self, after=timedelta(), event=DUE):
        """A look at the leases and, as the queue would have it, the one that follows it."""
        self.at += after
        first = self.plan(event)
        self.apply(first.effects)
        self.apply(self.plan(event).effects)
        return first

    @property
    def granted(self):
        return standing(self.tree(GRANTS))

    @property
    def in_force(self):
        return set(self.granted.grants)

    def why(self, name="shop-logs"):
        found = self.granted.ended.get(name)
        return found.ended.because if found else None

    def told(self):
        tree = self.tree(LEDGER)
        return [one.name for one in all_entries(tree)] if tree else []

    def paths(self, branch=GRANTS):
        tree = self.tree(branch)
        return [one.path for one in tree.list()] if tree else []

    def catalog(self):
        return check(self.tree("main"), whole=True).catalog


def asked(hold, text, *, by="developer", number=7, id_=5, permission="write"):
    """What is answered to a comment that was written just now. Nothing of it is done yet."""
    event = Commanded(delivery=f"d-{id_}", repo=REPO, number=number, id=id_, is_accepted=True)
    written = Written(Spot(number, "comment", id_), Person(by), text, hold.at)
    look = hold.look(event, pull=hold.hub.pulls.get(number), written=written)
    catalog = hold.catalog()
    asker = asker_of(written.author, catalog, Rights(permission))
    (call,) = calls(text)
    return answer(1, call, Text(event, written, look, catalog, command_settings(catalog), asker))


def command(hold, text, **options):
    """The same, and done."""
    found = asked(hold, text, **options)
    hold.apply(found.effects)
    return found
