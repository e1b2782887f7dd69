"""A platform repo of any size, the same at every call: shipped templates, three environments, many services.

Of a hundred entities about 80 are deployed components; the others are groups, systems and APIs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHIPPED = ("templates", "catalog/environments", "catalog/platform.yaml")
RULES = "entities.yaml", "objects.yaml"
CHANGES = (
    ("template", "templates/shared/pod.yaml", "sizeLimit: 256Mi", "sizeLimit: 512Mi"),
    ("rule-entity", "rules/entities.yaml", '"cc-31"', '"cc-32"'),
    ("rule-object", "rules/objects.yaml", "has(one.readinessProbe)", "has(one.livenessProbe)"),
)
"""Branches, each with a file and what of its text becomes what."""
TEAMS = 50
IMAGE = "ghcr.io/acme/service-{n}@sha256:{n:064x}"
_AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")

COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: service-{n}
  description: Does thing number {n}.
  labels: {{roadcrew.dev/cost-center: cc-{team}}}
  annotations:
    github.com/project-slug: acme/service-{n}
  tags: [java, grpc]
spec:
  type: service
  lifecycle: production
  owner: team-{team}
  system: system-{system}
  providesApis: [api-{api}]
  dependsOn: [component:service-{next}]
  deploy:
    template: web-service
    image: {image}
    port: {port}
    env:
      LOG_LEVEL: info
      NEXT_URL: http://service-{next}
    environments:
      prod:
        replicas: {{min: 4, max: 20}}
"""
API = """\
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{name: api-{n}}}
spec:
  type: openapi
  lifecycle: production
  owner: team-{team}
  system: system-{system}
  definition: "openapi: 3.1.0"
"""
SYSTEM = """\
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {{name: system-{n}}}
spec: {{owner: team-{team}}}
"""
GROUP = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {{name: {name}}}
spec: {{type: team, children: []}}
"""


def files(entities: int) -> Iterator[tuple[str, str]]:
    """Paths and texts of the generated entities; `entities` in all, at least 200."""
    systems = entities // 20
    apis = (entities - systems - TEAMS - 1) // 8
    components = entities - systems - apis - TEAMS - 1
    yield "catalog/groups/platform.yaml", GROUP.format(name="platform")
    for n in range(TEAMS):
        yield f"catalog/groups/team-{n}.yaml", GROUP.format(name=f"team-{n}")
    for n in range(systems):
        yield f"catalog/systems/system-{n}.yaml", SYSTEM.format(n=n, team=n % TEAMS)
    for n in range(apis):
        text = API.format(n=n, team=n % TEAMS, system=n % systems)
        yield f"catalog/apis/api-{n}.yaml", text
    for n in range(components):
        yield f"catalog/components/{n // 100}/service-{n}.yaml", component(n, components, apis, systems)


def component(n: int, components: int, apis: int, systems: int, *, port: int = 8080) -> str:
    """The text of one component, which depends on the next one."""
    return COMPONENT.format(
        n=n,
        team=n % TEAMS,
        system=n % systems,
        api=n % apis,
        next=(n + 1) % components,
        port=port,
        image=IMAGE.format(n=n),
    )


def make(folder: Path, entities: int, changes: int) -> None:
    """A git repository: `main`, and branches `change-0` ... that each change the port of one component."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for path in SHIPPED:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / path), str(folder / path)], check=True)
    (folder / "rules").mkdir()
    for name in RULES:
        (folder / "rules" / name).write_text((ROOT / "benchmarks/rules" / name).read_text())
    for path, text in files(entities):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "--all")
    git(folder, *_AUTHOR, "commit", "--quiet", "-m", "Begin")
    for n in range(changes):
        changed = folder / f"catalog/components/{n // 100}/service-{n}.yaml"
        git(folder, "switch", "--quiet", "-c", f"change-{n}", "main")
        changed.write_text(changed.read_text().replace("port: 8080", "port: 9090"))
        git(folder, *_AUTHOR, "commit", "--quiet", "-am", f"Move service-{n} to another port")
    for branch, path, was, now in CHANGES:
        git(folder, "switch", "--quiet", "-c", branch, "main")
        text = (folder / path).read_text()
        (folder / path).write_text(text.replace(was, now))
        git(folder, *_AUTHOR, "commit", "--quiet", "-am", f"Change {path}")
    git(folder, "switch", "--quiet", "-c", "no-rules", "main")
    git(folder, "rm", "--quiet", "-r", "rules")
    git(folder, *_AUTHOR, "commit", "--quiet", "-m", "Have no rules")
    for n in range(changes):
        git(folder, "switch", "--quiet", "-c", f"no-rules-{n}", "no-rules")
        git(folder, *_AUTHOR, "cherry-pick", f"change-{n}")
    git(folder, "switch", "--quiet", "main")


def git(folder: Path, *arguments: str) -> bytes:
    """git's standard output. Raises CalledProcessError."""
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.PIPE).stdout
