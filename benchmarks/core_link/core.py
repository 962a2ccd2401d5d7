"""A core that costs next to nothing: it answers everything after so many milliseconds.

`python -m benchmarks.core_link.core PORT MILLISECONDS`; a negative number: it never answers.
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b'{"status": "accepted", "cache_ttl_s": 0}'
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


async def serve(port: int, milliseconds: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                await asyncio.sleep(milliseconds / 1000 if milliseconds >= 0 else 3600)
                writer.write(RESPONSE)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
