/* The frames of a charge point as they come: pushed by the server, filtered and held back here. */
(() => {
  const MOST_SHOWN = 200;
  const panel = document.getElementById("live-frames");
  const list = document.getElementById("live-list");
  const state = document.getElementById("live-state");
  const empty = document.getElementById("live-empty");
  const action = document.getElementById("live-action");
  const direction = document.getElementById("live-direction");
  const pause = document.getElementById("live-pause");
  const held = [];
  let paused = false;
  let missed = 0;

  const fits = (row) =>
    row.dataset.action.includes(action.value.trim().toLowerCase()) &&
    (!direction.value || row.dataset.direction === direction.value);

  const filter = () => {
    for (const row of list.children) {
      row.hidden = !fits(row);
    }
  };

  const show = (frame) => {
    const row = document.createElement("div");
    row.dataset.key = frame.key;
    row.dataset.action = frame.action.toLowerCase();
    row.dataset.direction = frame.direction;
    /* The server has escaped whatever is the charger's. */
    row.innerHTML = frame.html;
    row.hidden = !fits(row);
    const earlier = [...list.children].find((each) => each.dataset.key === frame.key);
    if (earlier) {
      const wasOpen = earlier.querySelector("details").open;
      earlier.replaceWith(row);
      row.querySelector("details").open = wasOpen;
    } else {
      list.prepend(row);
    }
    while (list.children.length > MOST_SHOWN) {
      list.lastElementChild.remove();
    }
    empty.hidden = true;
  };

  const say = (text) => {
    state.textContent = missed ? `${text}; ${missed} were left out` : text;
  };

  const take = (frame) => {
    if (!paused) {
      show(frame);
      return;
    }
    /* A request of ours comes again with its answer. */
    const earlier = held.findIndex((each) => each.key === frame.key);
    if (earlier >= 0) {
      held[earlier] = frame;
      return;
    }
    held.push(frame);
    if (held.length > MOST_SHOWN) {
      held.shift();
      missed += 1;
    }
    pause.textContent = `Resume (${held.length})`;
  };

  pause.addEventListener("click", () => {
    paused = !paused;
    held.splice(0).forEach(show);
    pause.textContent = paused ? "Resume" : "Pause";
    say(paused ? "paused" : "live");
  });
  document.getElementById("live-clear").addEventListener("click", () => {
    list.replaceChildren();
    missed = 0;
    say(paused ? "paused" : "live");
  });
  action.addEventListener("input", filter);
  direction.addEventListener("change", filter);

  const source = new EventSource(panel.dataset.stream);
  /* Not when the stream opens: the charger's server process may not forward its frames yet. */
  source.addEventListener("live", () => say(paused ? "paused" : "live"));
  source.addEventListener("frame", (event) => take(JSON.parse(event.data)));
  source.addEventListener("left-out", (event) => {
    missed += JSON.parse(event.data).count;
    say(paused ? "paused" : "live");
  });
  source.addEventListener("over", () => {
    source.close();
    say("over: sign in again, and load the page");
  });
  source.addEventListener("error", () =>
    say(source.readyState === EventSource.CLOSED ? "over: load the page again" : "connecting"),
  );
})();
