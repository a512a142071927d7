"""A sealed text that cannot be opened harms its own invoice and nobody else's."""

from adapters.event_store import lanes
from tests.world import World, example_invoices


def damage(world: World) -> None:
    """Turn one bit of the first invoice's sealed text."""
    with world.engine.store.cursor() as cursor:
        cursor.execute(
            "UPDATE app.invoice_text SET sealed = set_bit(sealed, 400, 1 - get_bit(sealed, 400)) WHERE stream_id ="
            " (SELECT stream_id FROM app.outbox ORDER BY id LIMIT 1)"
        )


def test_an_invoice_whose_text_is_damaged_fails_alone_and_says_the_fault_is_ours(world: World) -> None:
    world.queue(example_invoices(3))
    damage(world)
    world.work()
    assert [cause.code for cause in world.invoice("inv-0").causes] == ["internal_error"]
    assert {world.invoice(f"inv-{n}").status for n in (1, 2)} == {"synced"}
    assert len(world.in_xero()) == 2


def test_a_damaged_text_does_not_keep_its_own_invoice_from_being_looked_up(world: World) -> None:
    world.fault("answer_lost", method="PUT", path="/Invoices")
    world.queue(example_invoices(2))
    world.engine.dispatcher.look_at(world.lane)
    damage(world)
    world.later(3.1)
    world.work()
    assert {world.invoice(f"inv-{n}").status for n in (0, 1)} == {"synced"}


def test_a_lane_that_cannot_be_recovered_does_not_keep_the_sweeper_from_the_others(world: World) -> None:
    world.queue(example_invoices(1))
    claim = world.engine.dispatcher._claim
    assert claim.to_send(world.lane) is not None
    world.later(100)

    def broken(_lane: object) -> int:
        raise ValueError("damaged")

    world.engine.sweeper._recover = broken
    world.queue(example_invoices(1, start=1))
    assert world.engine.sweeper.sweep() == 1
    with world.engine.store.cursor() as cursor:
        assert lanes.expired(cursor, 10) == [world.lane]
