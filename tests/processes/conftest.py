"""What tests of whole installations share: one RabbitMQ node for all of them."""

from collections.abc import Iterator

import pytest

from tests.processes.rabbit_node import RabbitNode, require


@pytest.fixture(scope="session")
def only_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """One node for all tests here; starting one takes seconds."""
    require()
    node = RabbitNode(tmp_path_factory.mktemp("rabbit"))
    try:
        yield node
    finally:
        node.close()


@pytest.fixture
def node(only_node: RabbitNode) -> RabbitNode:
    """A node that answers."""
    only_node.start()
    return only_node
