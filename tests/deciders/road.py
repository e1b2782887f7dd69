"""Environments as they stand, for deciders that look at several of them: real trees, facts by hand."""

from bot.catalog.check import check
from bot.deciders.decider import Branch, Stage, Traced
from bot.templating.environment import environments
from bot.templating.jinja import run_job
from bot.templating.pin import PIN_FILE, pin, render_digest
from bot.templating.render import render
from tests.platforms import NOW, SCHEMAS, snapshot

FIRST, SECOND = "1" * 40, "2" * 40
OURS = Traced((), None)


class Road:
    """Platform trees by commit, and what they render."""

    def __init__(self, tree_of, **platforms):
        self.tree_of = tree_of
        self.sources = {commit: tree_of(files) for commit, files in platforms.items()}

    def _renderings(self, commit):
        tree = self.sources[commit]
        catalog = check(tree, whole=True).catalog
        return {
            one.name: render(tree, catalog, one, run_job, schemas=SCHEMAS) for one in environments(catalog)
        }

    def files(self, commit, environment):
        """All that a commit renders for an environment, with pins."""
        found, renderings = {}, self._renderings(commit)
        for folder, component in renderings[environment].components.items():
            digest = render_digest(folder, renderings.items())
            files = {**component.files, PIN_FILE: pin(component, commit, digest)}
            found |= {f"{folder}/{path}": data for path, data in files.items()}
        return found

    def snapshot(self, tip, standing, *, traced=None, **facts):
        """`standing`: files by environment; None where the branch does not exist."""
        known = {one.name: one for one in environments(check(self.sources[tip], whole=True).catalog)}
        stages = tuple(
            Stage(
                known[name],
                Branch(known[name].branch, None if files is None else "e" * 40, self._tree(files)),
                at=NOW,
                traced=(traced or {}).get(name, {}),
            )
            for name, files in standing.items()
        )
        sources = facts.pop("sources", self.sources)
        return snapshot(
            pull=None,
            tip=tip,
            tip_at=NOW,
            tip_tree=self.sources[tip],
            stages=stages,
            sources=sources,
            **facts,
        )

    def _tree(self, files):
        return None if files is None else self.tree_of(files)
