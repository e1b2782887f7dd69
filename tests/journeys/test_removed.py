"""Someone renames what others depend on, reads who they are, and takes them along."""

from tests.journeys.troupe import NAME, Troupe
from tests.platforms import PLATFORM, component

NEEDS_CART = "  dependsOn:\n    - component:cart\n"
FILES = PLATFORM | {
    "catalog/cart.yaml": component("cart"),
    "catalog/shop.yaml": component("shop", more=NEEDS_CART),
    "catalog/till.yaml": component("till", more=NEEDS_CART),
}


def test_a_rename_is_one_thing_to_mend_that_lists_who_must_follow(tmp_path, app_key):
    with Troupe(tmp_path, app_key, files=FILES) as troupe, troupe.bot() as queue:
        number = troupe.open({"catalog/cart.yaml": None, "catalog/basket.yaml": component("basket")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "failure"
        (body,) = troupe.bodies(number)
        assert "1 thing to mend in `catalog/cart.yaml`" in body
        assert "`component:default/shop (catalog/shop.yaml:13)`" in body
        assert "`component:default/till (catalog/till.yaml:13)`" in body
        assert "Renamed to `component:default/basket`?" in body
        pull = troupe.hub.pull(NAME, number)
        (run,) = troupe.runs(pull.head_sha)
        assert [note.path for note in run.annotations] == ["catalog/cart.yaml"]
        # The file is gone in the head; the link leads to where it was.
        base = troupe.hub.git(NAME).run("rev-parse", "main").decode().strip()
        assert f"[`removed file`]({troupe.hub.url}/{NAME}/blob/{base}/catalog/cart.yaml)" in body

        follow = {name: FILES[name].replace("component:cart", "component:basket") for name in FILES}
        troupe.change("change", {name: follow[name] for name in ("catalog/shop.yaml", "catalog/till.yaml")})
        troupe.settle(queue)
        assert troupe.conclusion(number) == "success"
        (body,) = troupe.bodies(number)
        assert "removes `cart`" in body
        troupe.conformance.assert_conforms()
