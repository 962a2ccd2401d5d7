"""Statements that reach PostgreSQL in one round trip."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from django.db import connection as djangos
from psycopg.pq import TransactionStatus

from chargepoints.database import pipeline as pipelines
from chargepoints.database.pipeline import Connection, Pipeline, Result

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NUMBER = b"SELECT $1::bigint"
OURS = "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'connect_%' ORDER BY 1"


@pytest.fixture
def connection() -> Iterator[Connection]:
    parameters = djangos.get_connection_params()
    parameters.pop("pool", None)
    with psycopg.connect(**parameters) as connected:
        yield connected


def one(connection: Connection, sql: bytes, *values: object) -> Result:
    pipeline = Pipeline(connection)
    result = pipeline.add(sql, values)
    pipeline.run()
    return result


def status(connection: Connection) -> TransactionStatus:
    return connection.info.transaction_status


def prepared(connection: Connection) -> list[str]:
    return [text for (text,) in connection.execute(OURS).fetchall()]


def test_all_results_can_be_read_after_it_has_run(connection: Connection) -> None:
    pipeline = Pipeline(connection)
    several = pipeline.add(b"SELECT * FROM generate_series($1::int, $2::int)", [1, 3])
    none = pipeline.add(b"SELECT 1 WHERE $1::text = 'x'", ["y"])
    pipeline.run()
    assert several.fetchall() == [(1,), (2,), (3,)]
    assert several.fetchone() == (1,)
    assert (none.fetchall(), none.fetchone()) == ([], None)


def test_a_result_that_is_read_early_runs_what_was_added_so_far(connection: Connection) -> None:
    connection.execute("CREATE TEMPORARY TABLE numbers (number bigint)")
    pipeline = Pipeline(connection)
    inserted = pipeline.add(b"INSERT INTO pg_temp.numbers VALUES ($1), ($2)", [7, 8])
    assert inserted.rowcount == 2
    counted = pipeline.add(b"SELECT count(*) FROM pg_temp.numbers", [])
    assert counted.fetchone() == (2,)


def test_it_runs_in_the_transaction_that_psycopg_knows(connection: Connection) -> None:
    one(connection, NUMBER, 1)
    assert status(connection) == TransactionStatus.INTRANS
    connection.rollback()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    level = one(connection, b"SHOW transaction_isolation").fetchone()
    assert level == ("repeatable read",)
    connection.rollback()
    connection.autocommit = True
    one(connection, NUMBER, 1)
    assert status(connection) == TransactionStatus.IDLE


def test_a_statement_is_prepared_once_for_each_connection(connection: Connection) -> None:
    pipeline = Pipeline(connection)
    results = [pipeline.add(NUMBER, [number]) for number in range(3)]
    pipeline.run()
    assert [result.fetchone() for result in results] == [(0,), (1,), (2,)]
    assert one(connection, NUMBER, 2**40).fetchone() == (2**40,)
    assert prepared(connection) == [NUMBER.decode()]


def test_the_statements_that_were_not_used_for_the_longest_time_are_forgotten(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "PREPARED_MOST", 2)
    texts = [b"SELECT %d + $1::bigint" % number for number in range(4)]
    for text in (*texts[:2], texts[0], *texts[2:]):
        one(connection, text, 1)
    assert prepared(connection) == [texts[2].decode(), texts[3].decode()]
    assert one(connection, texts[0], 1).fetchone() == (1,)


def test_an_error_is_psycopgs_and_the_connection_goes_on(connection: Connection) -> None:
    pipeline = Pipeline(connection)
    before = pipeline.add(NUMBER, [1])
    pipeline.add(b"SELECT 1 / $1::int", [0])
    with pytest.raises(psycopg.errors.DivisionByZero):
        pipeline.run()
    with pytest.raises(psycopg.InterfaceError):
        before.fetchone()
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        one(connection, NUMBER, 1)
    connection.rollback()
    assert one(connection, NUMBER, 1).fetchone() == (1,)


def test_a_statement_that_cannot_be_prepared_is_an_error_each_time(connection: Connection) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.SyntaxError):
            one(connection, b"SELEKT $1::int", 1)
        connection.rollback()


def test_a_value_that_cannot_be_sent_leaves_the_rest_alone(connection: Connection) -> None:
    pipeline = Pipeline(connection)
    result = pipeline.add(NUMBER, [1])
    with pytest.raises(psycopg.DataError, match="NUL"):
        pipeline.add(b"SELECT $1::text", ["\x00"])
    assert result.fetchone() == (1,)


def test_megabytes_in_both_directions_do_not_block_each_other(connection: Connection) -> None:
    pipeline = Pipeline(connection)
    texts = [str(number) * 1_000_000 for number in range(10)]
    results = [pipeline.add(b"SELECT $1::text || $1::text", [text]) for text in texts]
    pipeline.run()
    assert [result.fetchone() for result in results] == [(text * 2,) for text in texts]


def test_a_connection_that_the_server_ends_is_closed(connection: Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        one(connection, b"SELECT pg_terminate_backend(pg_backend_pid())")
    assert connection.closed


def test_a_statement_that_has_become_invalid_closes_the_connection(connection: Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TEMPORARY TABLE texts (text varchar(20))")
    for _ in range(2):
        one(connection, b"SELECT text FROM pg_temp.texts")
    connection.execute("ALTER TABLE texts ALTER text TYPE varchar(50)")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan"):
        one(connection, b"SELECT text FROM pg_temp.texts")
    assert connection.closed


@pytest.mark.parametrize("damage", [b"C\x00\x00\x00\x03", b"D\x7f\xff\xff\xff\x00\x01"])
def test_a_damaged_answer_ends_the_connection(damage: bytes) -> None:
    parameters = djangos.get_connection_params()
    parameters.pop("pool", None)
    damaged: list[bytes] = []
    with relay((parameters["host"], int(parameters["port"])), damaged) as port:
        connection = psycopg.connect(**(parameters | {"host": "127.0.0.1", "port": port}))
        assert one(connection, NUMBER, 1).fetchone() == (1,)
        damaged.append(damage)
        with pytest.raises(psycopg.OperationalError):
            one(connection, NUMBER, 1)
        assert connection.closed


@contextmanager
def relay(server: tuple[str, int], damaged: list[bytes]) -> Iterator[int]:
    """A port that passes on one connection; what is in `damaged` replaces the next answer."""

    def pass_on(source: socket.socket, to: socket.socket, *, answers: bool) -> None:
        with source, suppress(OSError):
            while data := source.recv(65536):
                to.sendall(damaged[0] if answers and damaged else data)
        with suppress(OSError):
            to.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        client, _ = listener.accept()
        upstream = socket.create_connection(server)
        back = threading.Thread(target=pass_on, args=(upstream, client), kwargs={"answers": True})
        back.start()
        pass_on(client, upstream, answers=False)
        back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve)
        serving.start()
        yield listener.getsockname()[1]
        serving.join()
