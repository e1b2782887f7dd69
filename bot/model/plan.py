"""What a decider returns: findings judge, parts are what there is to show, effects change the world.

Plans are values and they add. Words for people are made from them elsewhere, in `bot/report/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.acts import EnsureIssue, EnsureLabels, EnsureMerged, React, Record
from bot.model.event import Event, RepoRef
from bot.model.glass_part import GlassPart
from bot.model.lease import AskedPart, LeasePart
from bot.model.proposal import ClosePull, EnsureBranch, EnsureNoBranch, EnsurePull, Head
from bot.model.request_part import RequestPart
from bot.model.rule_impact import RulesImpactPart, RulesPart
from bot.model.told import AnswersPart

Fact = str | int | tuple[str, ...]


class Severity(StrEnum):
    """How much a finding weighs. Only `deny` makes a check fail."""

    DENY = "deny"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement about one place. `rule` and `facts` say what; `bot/report/sentences.py` says it in words.

    `line` and `column` count from 1; 0 is "the file as a whole".
    """

    rule: str
    severity: Severity
    path: str
    line: int = 0
    column: int = 0
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileChange:
    """One rendered file before and after; None where it does not exist."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Danger:
    """A change that can hurt what runs. `kind` and `facts` say what; words are found in `bot/report/`."""

    kind: str
    """One of `KINDS` in `bot/kubernetes/dangers.py`."""
    object: str
    """`Deployment/checkout`: kind and name."""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Totals:
    """What objects ask for, all replicas together. `most` differs from `least` under an autoscaler.

    cpu in thousandths of a core, memory and storage in bytes.
    """

    least_replicas: int = 0
    most_replicas: int = 0
    least_cpu: int = 0
    most_cpu: int = 0
    least_memory: int = 0
    most_memory: int = 0
    storage: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """What changes for one component in one environment. Paths are those on the environment's branch."""

    component: str
    template: str
    version: str
    files: tuple[FileChange, ...]
    before: Totals = Totals()
    """What the objects asked for and ask for now; equal where nothing that counts changed."""
    after: Totals = Totals()
    dangers: tuple[Danger, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Its own words by what they are (name, namespace, team ...). What differs in them alone is the same."""


@dataclass(frozen=True, slots=True)
class RenderPart:
    """What an environment's branch would gain and lose by this pull request."""

    environment: str
    branch: str
    components: tuple[ComponentChange, ...]
    is_first: bool
    """Whether a merge delivers here at once; later environments are reached by promotion."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that many components are rendered from, and that changes: its kind, name and versions.

    `was` and `now` are empty where there is no version, or no such thing before or after. Those of an
    environment are its branches, where it goes from one to another.
    """

    kind: str
    """`template`, `environment`, `platform`, or `shared` for the files of all templates."""
    name: str = ""
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class ImpactPart:
    """What changes is not an entity alone, but what many are rendered from.

    `rendered`: how many components that may touch. `failed`: references of those that cannot be rendered any
    more, whatever the environment; they keep what they have.
    """

    causes: tuple[Cause, ...]
    rendered: int
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictPart:
    """The pull request does not merge cleanly: the paths that stand in the way."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """A folder that is not written to, for a person's commit stands in it. `mend`: 0 where there is none."""

    folder: str
    commit: str
    mend: int = 0
    """The newest pull request that would undo that commit."""
    is_open: bool = False
    """Whether that one still is; if not, people closed it."""


@dataclass(frozen=True, slots=True)
class DeliveryPart:
    """A merge is rendered onto an environment's branch.

    `commit` is the one that did it; empty while it is still to be made by the effect with `effect_key`.
    """

    environment: str
    branch: str
    components: tuple[str, ...]
    commit: str = ""
    effect_key: str = ""
    removed: tuple[str, ...] = ()
    """Those of the components whose folders went away."""
    held: tuple[HeldFolder, ...] = ()
    """What waits for people. Without components, nothing else was to be written."""
    others: tuple[int, ...] = ()
    """Pull requests that came with the same commit, where it cannot be told who brought what."""
    following: str = ""
    """The branch of the next environment, to which this is promoted; empty after the last."""


@dataclass(frozen=True, slots=True)
class OutsidePart:
    """The pull request changes nothing that Roadcrew looks at."""


@dataclass(frozen=True, slots=True)
class StuckPart:
    """Folders of an environment whose pins name commits that are gone: they cannot be promoted."""

    environment: str
    branch: str
    tip: str
    """The newest commit of the branch that holds the pins."""
    following: str
    """The environment to which they do not go."""
    folders: tuple[tuple[str, str], ...]
    """Each with the commit that its pin names, sorted."""


Part = (
    RulesPart
    | RulesImpactPart
    | RenderPart
    | ImpactPart
    | ConflictPart
    | DeliveryPart
    | OutsidePart
    | StuckPart
    | RequestPart
    | AnswersPart
    | AskedPart
    | GlassPart
    | LeasePart
)


@dataclass(frozen=True, slots=True)
class EnsureFiles:
    """On `branch`, what stands under each folder is exactly the given files; all in one commit.

    A folder's paths are relative to it; an empty mapping removes the folder. Different folders commute.
    `trailers` go to the end of the commit message in this order.
    """

    repo: RepoRef
    branch: str
    folders: Mapping[str, Mapping[str, bytes]]
    subject: str
    at: datetime
    """The commit's date. It is that of what caused it, so that doing it again makes the same commit."""
    trailers: tuple[tuple[str, str], ...] = ()
    head: Head | None = None
    """Set for the branch of a pull request: who may have written to it was decided with it."""
    mend: str = ""
    """What the branches begin with whose pull requests undo hand-made changes here: `mend/dev`."""

    @property
    def key(self) -> str:
        return f"files:{self.repo}:{self.branch}:{','.join(sorted(self.folders))}"


@dataclass(frozen=True, slots=True)
class EnsureComment:
    """The thread has exactly one comment of ours with `marker`, and this is its body."""

    repo: RepoRef
    number: int
    marker: str
    body: str
    only_edit: bool = False
    """Say it only where a comment of ours stands already: not worth a notification."""

    @property
    def key(self) -> str:
        return f"comment:{self.repo}#{self.number}:{self.marker}"


class Conclusion(StrEnum):
    """GitHub's conclusions of a check run, those that we use."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"


class AnnotationLevel(StrEnum):
    """GitHub's levels of an annotation."""

    FAILURE = "failure"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A line of the Files tab with words on it. Columns only where start and end line are equal."""

    path: str
    line: int
    level: AnnotationLevel
    title: str
    message: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class EnsureCheck:
    """The commit has a completed check run of this name with this output."""

    repo: RepoRef
    head_sha: str
    name: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    rerun: str = ""
    """The delivery that asked for it again: makes a run anew although the words are the same."""
    only_edit: bool = False
    """Say it only where a run of this name stands already."""
    number: int = 0
    """Of the pull request that it is about. Another one may have the same commit as its head."""

    @property
    def key(self) -> str:
        return f"check:{self.repo}@{self.head_sha}:{self.name}"


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The event is in the queue, and will be worked on like one that GitHub sent."""

    event: Event

    @property
    def key(self) -> str:
        return f"enqueue:{self.event.delivery}"


@dataclass(frozen=True, slots=True)
class Redeliver:
    """GitHub was asked to send a failed delivery again; `delivery_id` is the number in the App's log."""

    delivery_id: int

    @property
    def key(self) -> str:
        return f"redeliver:{self.delivery_id}"


Effect = (
    EnsureFiles
    | EnsureBranch
    | EnsureNoBranch
    | EnsurePull
    | ClosePull
    | EnsureComment
    | EnsureCheck
    | Enqueue
    | Redeliver
    | React
    | EnsureLabels
    | EnsureMerged
    | EnsureIssue
    | Record
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The sum of what the deciders want. `why` explains, above all why there is nothing to do."""

    findings: tuple[Finding, ...] = ()
    parts: tuple[Part, ...] = ()
    effects: tuple[Effect, ...] = ()
    why: tuple[str, ...] = ()

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            self.findings + other.findings,
            self.parts + other.parts,
            self.effects + other.effects,
            self.why + other.why,
        )

    @property
    def denies(self) -> bool:
        """Whether any finding makes the check fail."""
        return any(finding.severity is Severity.DENY for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Applied:
    """The world was changed. `ref` names what came of it: a commit, a comment's or a check run's id."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The world was so already. `ref` as in Applied."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A promise forbids it for now; `reason` is shown to people, `resume` is what they can do."""

    reason: str
    resume: str = ""


Outcome = Applied | Unchanged | Held
Outcomes = Mapping[str, Outcome]
"""What came of each effect, by its key."""
