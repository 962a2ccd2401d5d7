"""Renews PostgreSQL's planner statistics while tables grow from empty.

A prepared statement keeps the plan that was best when its tables were almost empty: a
sequential scan. PostgreSQL renews statistics, and with them the plans, at most once a minute;
in that minute ten thousand charge points may connect for the first time.
"""

import logging

from django.db import Error, connection
from psycopg import sql

from chargepoints.database import time_limits

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 5.0

# Compares live rows with the rows that the planner assumes; other schemas are not ours. Frames
# and JSON documents are not searched, and their statistics would take most of the time:
# autovacuum analyses those columns later.
_DOUBLED = """
SELECT relname, array_agg(attname::text) FROM pg_stat_user_tables
JOIN pg_class USING (relname) JOIN pg_attribute ON attrelid = relid
WHERE pg_class.oid = relid AND n_live_tup > 2 * GREATEST(reltuples, 100)
AND pg_table_is_visible(relid) AND attnum > 0 AND NOT attisdropped
AND atttypid NOT IN ('text'::regtype, 'json'::regtype, 'jsonb'::regtype)
GROUP BY relname
"""
_OF_TABLE = """
SELECT array_agg(attname::text) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND atttypid NOT IN ('text'::regtype, 'json'::regtype, 'jsonb'::regtype)
"""
_ANALYZE = sql.SQL("ANALYZE (SKIP_LOCKED) {} ({})")


def are_needed() -> bool:
    """Whether this database has planner statistics that must be renewed."""
    return connection.vendor == "postgresql"


def renew() -> None:
    """Renew the statistics; call it in a separate thread, whose connection it closes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_DOUBLED)
            for table, columns in cursor.fetchall():
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                # Another process, or autovacuum, may be doing it already.
                cursor.execute(_ANALYZE.format(sql.Identifier(table), names))
    except Error as error:
        logger.info("the statistics of the query planner could not be renewed: %s", error)
    finally:
        connection.close()


def renew_all_of(table: str) -> None:
    """Renew the statistics of a partitioned table as a whole, which nothing else does."""
    with time_limits.lifted(), connection.cursor() as cursor:
        cursor.execute(_OF_TABLE, [connection.ops.quote_name(table)])
        (columns,) = cursor.fetchone()
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        cursor.execute(_ANALYZE.format(sql.Identifier(table), names))
