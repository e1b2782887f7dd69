"""How entities, rendered objects, a pull request and files become requests, each with the digest of it all.

Pure. Who judges, and by which rules, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from json import dumps
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.entity import Entity, Pointer
from bot.catalog.reader import is_yaml
from bot.catalog.schema import dotted
from bot.catalog.text import MAX_BYTES, decode, pieces
from bot.catalog.yaml12 import EMPTY, load
from bot.kubernetes.identity import identify, text
from bot.policy.rules.read import at
from bot.policy.verdict import Json, Request

Place = tuple[str, int, int]
"""Path, line and column."""


@dataclass(frozen=True)
class Case:
    """A request and what people call it. Equal digests are equal requests.

    `ref`: the entity that it is or belongs to, else the file. `object`: `Deployment/checkout`, of an object.
    `words`: its own names, which differ between cases that are alike. `problem`: why it cannot be judged.
    """

    asked: Request | Callable[[], Request] = field(repr=False, compare=False)
    """The request, or how it is made once somebody asks for it: what is known already need not be read."""
    digest: str
    ref: str
    path: str = ""
    object: str = ""
    environment: str = ""
    owner: str = ""
    words: tuple[str, ...] = ()
    problem: str = ""
    marks: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Digests of what stands beside it in the request, by name, and is no part of `digest`: few rules ask."""

    @cached_property
    def request(self) -> Request:
        return self.asked if isinstance(self.asked, Request) else self.asked()

    def place(self, pointer: Pointer) -> Place:
        """Where a person would mend what stands at `pointer`; line 0 is the file as a whole."""
        del pointer
        return self.path, 0, 0


@dataclass(frozen=True)
class EntityCase(Case):
    """An entity of the catalog."""

    entity: Entity | None = field(default=None, repr=False)

    def place(self, pointer: Pointer) -> Place:
        if self.entity is None:
            return super().place(pointer)
        return (self.entity.path, *where_in(self.entity, pointer))


@dataclass(frozen=True)
class FileCase(Case):
    """A file. Places are known in the first document."""

    data: bytes = field(default=b"", repr=False)

    def place(self, pointer: Pointer) -> Place:
        head, *rest = pointer or ("",)
        if head != "documents" or not rest or not isinstance(rest[0], int):
            return self.path, 0, 0
        shell = Entity(
            self.path,
            "",
            "",
            "",
            "",
            metadata={},
            spec={},
            source=self.data,
            index=_index(self.data, rest[0]),
        )
        return (self.path, *shell.where(*rest[1:]))


def where_in(entity: Entity, pointer: Pointer) -> tuple[int, int]:
    """The value there; where there is none, the key of what is nearest around it."""
    value = {"apiVersion": entity.api_version, "kind": entity.kind}
    whole = {**value, "metadata": entity.metadata, "spec": entity.spec}
    is_there = not pointer or (pointer[-1:] and at(whole, pointer) is not None)
    return entity.where(*pointer) if is_there and pointer else entity.where_key(*(pointer or ("metadata",)))


def plain(entity: Entity) -> dict[str, Any]:
    """The entity as written, with its namespace."""
    return {
        "apiVersion": entity.api_version,
        "kind": entity.kind,
        "metadata": {**entity.metadata, "namespace": entity.namespace},
        "spec": entity.spec,
    }


def entity_case(entity: Entity, owner: str = "") -> EntityCase:
    """What rules that judge entities are asked. `owner`: the reference of who answers for it."""
    value = plain(entity)
    return EntityCase(
        Request(more={"entity": value}, path=entity.path),
        digest_of("entity", entity.path, value),
        entity.ref,
        path=entity.path,
        owner=owner,
        words=(entity.name, entity.ref),
        entity=entity,
    )


@dataclass(frozen=True)
class Shown:
    """An object of an environment: its value and bytes before and after; None where it is not."""

    before: Json = field(repr=False, default=None)
    after: Json = field(repr=False, default=None)

    @property
    def operation(self) -> str:
        """As the cluster would see it."""
        if self.after is None:
            return "DELETE"
        return "CREATE" if self.before is None else "UPDATE"


def object_request(
    shown: Shown,
    *,
    path: str,
    environment: Mapping[str, Any],
    namespace: Json = None,
    **more: Json,
) -> Request:
    """What rules that judge objects are asked. `path`: of the file on the environment's branch.

    `more`: `entity`, and of `pull` and `siblings` what some rule asks for; None is left out.
    """
    return Request(
        object=shown.after,
        old_object=shown.before,
        operation=shown.operation,
        namespace_object=namespace,
        path=path,
        more={"environment": environment} | {key: one for key, one in more.items() if one is not None},
    )


def object_words(shown: Shown) -> tuple[str, str]:
    """`Deployment/checkout`, and the object's name."""
    value = shown.after if shown.after is not None else shown.before
    return str(identify(value)), text(value, "metadata", "name")


def pull_case(facts: Mapping[str, Any], path: str = "") -> Case:
    """What rules that judge pull requests are asked. `path`: the file that findings stand at."""
    return Case(Request(more={"pull": facts}), digest_of("pull", facts), "the pull request", path=path)


def file_case(path: str, data: bytes, *, is_parsed: bool = True) -> FileCase:
    """What rules that judge files are asked: its `text`, and the `documents` of YAML and JSON where they ask.

    What cannot be read has no verdict, and says why.
    """
    value: dict[str, Any] = {"path": path}
    problem = ""
    try:
        if len(data) > MAX_BYTES:
            problem = f"it has {len(data):,} bytes, and {MAX_BYTES:,} are read at most"
        else:
            value["text"] = decode(data)
            if is_parsed and (is_yaml(path) or path.endswith(".json")):
                found = (load(one.text) for one in pieces(value["text"]))
                value["documents"] = [one for one in found if one is not EMPTY]
    except Broken as broken:
        problem = f"it cannot be read (line {broken.line}: {broken.rule})"
    return FileCase(
        Request(more={"file": value}, path=path),
        digest_of("file", path, data.decode("latin-1"), is_parsed),
        path,
        path=path,
        words=(path,),
        problem=problem,
        data=data,
    )


def _index(data: bytes, number: int) -> int:
    """Which piece of a file is its n-th document: empty ones count for nothing."""
    try:
        full = [index for index, one in enumerate(pieces(decode(data))) if load(one.text) is not EMPTY]
    except Broken:
        return 0
    return full[number] if number < len(full) else 0


def pull_facts(
    *,
    number: int,
    title: str,
    author: Mapping[str, Any],
    changes: Sequence[Mapping[str, str]],
    **more: Json,
) -> dict[str, Any]:
    """A pull request as expressions see it. `changes`: path and status, `from` of a renamed one."""
    paths = sorted({one[key] for one in changes for key in ("path", "from") if key in one})
    return {
        "number": number,
        "title": title,
        "author": author,
        "changes": list(changes),
        "paths": paths,
        **more,
    }


def field_text(pointer: Pointer) -> str:
    """`spec.containers[0].image`."""
    return dotted(pointer)


def digest_of(*parts: Json) -> str:
    """Of plain values in their order."""
    said = dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
