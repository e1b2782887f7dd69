"""What is there in the end, in words that two stages can be compared by: who did it when leaves no trace in them.

Commits are named by where they stand (`main~0`), the hub's address is `HUB`. Nothing else is smoothed over.
"""

import json

import yaml

from bot.templating.pin import PIN_FILE
from tests.journeys.troupe import NAME

DEV = "env/dev"


def world(troupe, number):
    """The thread, the check runs and the first environment that a pull request has ended in."""
    rename = renamer(troupe)
    pull = troupe.hub.pull(NAME, number)
    tip = troupe.hub.branches(NAME)["main"]
    found = {
        "comments": troupe.bodies(number),
        "head": [_run(run) for run in troupe.runs(pull.head_sha, latest=False)],
        "main": [_run(run) for run in troupe.runs(tip, latest=False)],
        "dev": {path: _file(path, text) for path, text in troupe.dev().items()},
        "commits": [_without_delivery(message) for message in troupe.log(DEV)],
    }
    return json.loads(rename(json.dumps(found)))


def _run(run):
    notes = [(note.path, note.start_line, note.message) for note in run.annotations]
    assert len(set(notes)) == len(notes), "an annotation is there twice"
    return {
        "status": run.status,
        "conclusion": run.conclusion,
        "title": run.title,
        "summary": run.summary,
        "annotations": notes,
    }


def _file(path, text):
    # YAML quotes a sha that could be read as a number, and only then.
    return yaml.safe_load(text) if path.endswith(PIN_FILE) else text


def _without_delivery(message):
    # Which of several deliveries it was that found the work does not matter.
    return "\n".join(line for line in message.splitlines() if not line.startswith("Delivery: "))


def renamer(troupe):
    """Gives commits the names of the places where they stand, in a text."""
    names = {}
    for branch in sorted(troupe.hub.branches(NAME), key=lambda name: (name != "main", name)):
        shas = troupe.hub.git(NAME).run("log", "--first-parent", "--format=%H", branch).decode().split()
        for place, sha in enumerate(shas):
            names.setdefault(sha, f"<{branch}~{place}>")

    def rename(text):
        for sha, name in names.items():
            text = text.replace(sha, name).replace(sha[:7], name)
        return text.replace(troupe.hub.url, "HUB")

    return rename
