"""What records tell of parameters: what holds, in words, and nothing that may be a secret."""

from bot.catalog.check import check
from bot.leases.kind import request_kind
from bot.leases.shown import defaults_of, shown_parameters
from tests.deciders.talk import BASE
from tests.shelf import Shelf

KIND = """apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: look
spec:
  owner: team
  type: request
  version: 1.0.0
  request: {approvers: [owner], maximumDuration: 8h}
  parameters:
    - properties:
        role: {type: string}
        tier: {type: string, default: small}
        hosts: {type: array, items: {type: string}}
        quota: {type: object}
    - roadcrew:masked: true
      properties:
        token: {type: string}
        role2: {type: string, default: hidden}
  steps: []
"""


def kind_of(base=BASE):
    files = Shelf(
        {path: text.encode() for path, text in {**base, "templates/look/template.yaml": KIND}.items()}
    )
    catalog = check(files, whole=True, memo={}).catalog
    return request_kind(files, catalog, "look", {}), catalog


def test_what_holds_is_shown_in_the_order_of_the_contract():
    kind, _ = kind_of()
    given = {"quota": {"cpu": 2}, "hosts": ["a", "b"], "role": "logs"}
    assert shown_parameters(given, kind) == ("role=logs", "tier=small", "hosts=a,b", 'quota={"cpu": 2}')
    assert shown_parameters({}, kind, {"role": "debug"}) == ("role=debug", "tier=small")


def test_what_may_be_a_secret_and_what_nobody_can_see_is_not():
    kind, _ = kind_of()
    said = shown_parameters({"token": "hunter2", "role": "a\u202e\nb", "other": "x"}, kind)
    assert said == ("role=a b", "tier=small")
    assert len(shown_parameters({"role": "x" * 5000}, kind)[0]) < 120


def test_an_environment_gives_its_own_values():
    environment = BASE["catalog/prod.yaml"] + "  defaults: {look: {role: view}}\n"
    kind, catalog = kind_of({**BASE, "catalog/prod.yaml": environment})
    assert defaults_of(kind, "prod", catalog) == {"role": "view"}
    assert defaults_of(kind, "nowhere", catalog) == {}
