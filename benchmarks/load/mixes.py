"""All mixes, by the names that `--mix` takes."""

from __future__ import annotations

from benchmarks.load import mixes_v16, mixes_v21, mixes_v201
from benchmarks.load.mix import Mix

MIXES: dict[str, type[Mix]] = {
    "plain": mixes_v16.Plain,
    "depot": mixes_v16.Depot,
    "meters": mixes_v16.Meters,
    "starts": mixes_v16.Starts,
    "authorize": mixes_v16.Authorize,
    "authorize5": mixes_v16.AuthorizeAfter5Ms,
    "depot201": mixes_v201.Depot,
    "events201": mixes_v201.Events,
    # Beside the mix that it is compared with: the longer the history, the dearer is a message.
    "events21": mixes_v21.Events,
    "starts201": mixes_v201.Starts,
    "reports201": mixes_v201.Reports,
}
