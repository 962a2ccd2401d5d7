"""What PostgreSQL plans by, renewed while tables grow from nothing.

A prepared statement keeps the plan that was best for the tables of its first seconds: to read
all of them. PostgreSQL renews the statistics, and with them the plans, once a minute at most; in
that minute ten thousand charge points may connect for the first time.
"""

import logging

from django.db import Error, connection
from psycopg import sql

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 5.0

# Rows that PostgreSQL knows of by its counters, and rows that it plans with; what stands in other
# schemas is not ours. Nothing is found by frames and documents, and their statistics take most of
# the time: PostgreSQL looks at those itself, later.
_DOUBLED = """
SELECT relname, array_agg(attname::text) FROM pg_stat_user_tables
JOIN pg_class USING (relname) JOIN pg_attribute ON attrelid = relid
WHERE pg_class.oid = relid AND n_live_tup > 2 * GREATEST(reltuples, 100)
AND pg_table_is_visible(relid) AND attnum > 0 AND NOT attisdropped
AND atttypid NOT IN ('text'::regtype, 'json'::regtype, 'jsonb'::regtype)
GROUP BY relname
"""
_ANALYZE = sql.SQL("ANALYZE (SKIP_LOCKED) {} ({})")


def are_kept() -> bool:
    """Whether this database plans by statistics that have to be renewed."""
    return connection.vendor == "postgresql"


def renew() -> None:
    """Renew the statistics; for a thread of its own, whose connection it closes afterwards."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_DOUBLED)
            for table, columns in cursor.fetchall():
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                # Another process, or PostgreSQL itself, may be at it.
                cursor.execute(_ANALYZE.format(sql.Identifier(table), names))
    except Error as error:
        logger.info("the statistics of the query planner could not be renewed: %s", error)
    finally:
        connection.close()
