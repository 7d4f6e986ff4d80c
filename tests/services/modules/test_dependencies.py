"""Who stands on whom: what may, circles, reach, and what falls with what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itops.auth.scopes import Reach
from itops.db import db
from itops.errors import Invalid, Refused
from itops.models import Dependency, DependencyKind
from itops.services.auditing import Actor
from itops.services.modules import dependencies, impact
from itops.services.modules.dependencies import ALLOWED, Link
from itops.services.modules.graph import Arrow, Graph, Node, NodeKind
from tests import factories
from tests.conftest import NOON

ALL = Reach(everywhere=True, site_ids=frozenset(), department_ids=frozenset())
ME = Actor(None, "张伟")


def node(thing):
    return Node(NodeKind(thing.__tablename__), thing.id)


def stand(upper, lower, kind=DependencyKind.RUNS_ON, within=ALL):
    link = Link(kind, node(upper), node(lower))
    return dependencies.connect(link, within=within, by=ME, at=NOON)


@pytest.mark.both_databases
def test_what_falls_is_found_through_every_step(any_app):
    ups, server, lis = factories.asset(), factories.asset(), factories.module()
    his, ward = factories.module(), factories.department()
    stand(server, ups, DependencyKind.POWERED_BY)
    stand(lis, server)
    stand(his, lis, DependencyKind.NEEDS)
    stand(ward, lis, DependencyKind.SERVES)
    assert set(impact.dependants(node(ups))) == {node(one) for one in (server, lis, his, ward)}
    assert impact.supports(node(his)) == [node(lis), node(server), node(ups)]


@pytest.mark.both_databases
def test_a_circle_is_refused_however_long(any_app):
    first, second, third = (factories.module() for _ in range(3))
    stand(first, second, DependencyKind.NEEDS)
    stand(second, third, DependencyKind.NEEDS)
    for lower in (first, second):
        with pytest.raises(Refused) as refusal:
            stand(third if lower is first else second, lower, DependencyKind.NEEDS)
        assert refusal.value.message.key == "dependency.circle"
    assert db.session.query(Dependency).count() == 2


@pytest.mark.parametrize("kind", DependencyKind)
def test_only_what_the_table_allows_may_stand_on_each_other(app, kind):
    things = {
        NodeKind.MODULE: factories.module,
        NodeKind.ASSET: factories.asset,
        NodeKind.DEPARTMENT: factories.department,
    }
    for upper in NodeKind:
        for lower in NodeKind:
            if (upper, lower) in ALLOWED[kind]:
                assert stand(things[upper](), things[lower](), kind).kind is kind
            else:
                with pytest.raises(Refused):
                    stand(things[upper](), things[lower](), kind)


def test_the_same_is_not_said_twice(app):
    lis, server = factories.module(), factories.asset()
    stand(lis, server)
    with pytest.raises(Refused) as refusal:
        stand(lis, server)
    assert refusal.value.message.key == "dependency.known"


def test_both_ends_have_to_be_within_reach(app):
    mine, theirs = factories.module(), factories.asset()
    reach = Reach(everywhere=False, site_ids=frozenset({mine.site_id}), department_ids=frozenset())
    with pytest.raises(Invalid):
        stand(mine, theirs, within=reach)
    made = stand(mine, theirs)
    with pytest.raises(Invalid):
        dependencies.disconnect(made, within=reach, by=ME, at=NOON)


def test_demo_and_real_things_stay_apart(app):
    demo = factories.asset(is_demo=True)
    with pytest.raises(Invalid) as refusal:
        stand(factories.module(), demo)
    assert refusal.value.message.key == "dependency.demo_mixed"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_up_and_down_are_the_same_walk(pairs):
    """Whatever the arrows, even in circles: a falls with b exactly if b is what a stands on."""
    nodes = [Node(NodeKind.MODULE, number) for number in range(10)]
    graph = Graph(
        Arrow(at, DependencyKind.NEEDS, nodes[upper], nodes[lower])
        for at, (upper, lower) in enumerate(pairs)
    )
    for upper in nodes:
        for lower in nodes:
            assert (lower in graph.supports(upper)) == (upper in graph.dependants(lower))
