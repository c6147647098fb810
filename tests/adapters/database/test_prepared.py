"""Statements that the driver runs itself."""

from collections.abc import Generator

import pytest
import sqlalchemy as sa

from adapters.database.prepared import Prepared, tell
from adapters.database.schema import heartbeat, metadata


CANARY = "canary-that-must-not-be-quoted"
INSERT = Prepared(sa.insert(heartbeat))
FIND = Prepared(sa.select(heartbeat).where(heartbeat.c.id == sa.bindparam("wanted")))
BETWEEN = Prepared(
    sa.select(heartbeat.c.id)
    .where(
        heartbeat.c.beats < sa.bindparam("below"), heartbeat.c.beats >= sa.bindparam("at_least")
    )
    .order_by(heartbeat.c.id)
)
BEAT = Prepared(
    sa.update(heartbeat).where(heartbeat.c.id == sa.bindparam("wanted")), columns=("beats",)
)


@pytest.fixture(params=["qmark", "named"])
def connection(request: pytest.FixtureRequest) -> Generator[sa.Connection]:
    """One of a dialect that orders values, and one of a dialect that names them."""
    engine = sa.create_engine("sqlite://", paramstyle=request.param)
    metadata.create_all(engine)
    with engine.connect() as connected:
        with connected.begin():
            for number in range(3):
                INSERT.run(connected, {"id": number, "beats": 10 * number})
        yield connected
    engine.dispose()


def test_rows_come_with_their_columns_in_order(connection: sa.Connection) -> None:
    assert [(1, 10)] == FIND.rows(connection, {"wanted": 1})
    assert [] == FIND.rows(connection, {"wanted": 7})


def test_values_go_where_their_names_say(connection: sa.Connection) -> None:
    assert [(1,), (2,)] == BETWEEN.rows(connection, {"at_least": 10, "below": 21})


def test_a_change_counts_its_rows_and_sets_only_what_it_should(connection: sa.Connection) -> None:
    assert 1 == BEAT.run(connection, {"id": 99, "beats": 5, "wanted": 2})
    assert 0 == BEAT.run(connection, {"id": 99, "beats": 5, "wanted": 7})

    assert [(2, 5)] == FIND.rows(connection, {"wanted": 2})


def test_what_it_does_belongs_to_the_transaction(connection: sa.Connection) -> None:
    with connection.begin() as transaction:
        BEAT.run(connection, {"beats": 5, "wanted": 2})
        transaction.rollback()

    assert [(2, 20)] == FIND.rows(connection, {"wanted": 2})


def test_a_refusal_is_of_sqlalchemys_kind_and_quotes_no_value(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refused:
        INSERT.run(connection, {"id": 1, "beats": CANARY})

    assert CANARY not in f"{refused.value!r} {refused.value}"


def test_a_statement_that_is_none_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(sa.exc.OperationalError):
        tell(connection, "NONSENSE")
