/* Asks for what is new while a session runs: often at first, less so when an answer takes long, and no more once its
   last step is minutes old. */
const EVERY_MS = 2_000;
const SHARE = 20; // of the time, asking takes at most one in so many
const RUNS_MS = 10 * 60_000;

/* Asks at `address` for the rows unless they are those of `version()`, and hands them to `update`. `endedAt()` is when
   the last step ended, in milliseconds since the epoch. */
export function follow(address, { version, endedAt, update, mark }) {
  async function ask() {
    const isRunning = Date.now() - endedAt() < RUNS_MS;
    mark(isRunning);
    if (!isRunning) return;
    const askedAt = performance.now();
    if (!document.hidden) {
      try {
        const answer = await fetch(`${address}?${new URLSearchParams({ known: version() })}`);
        if (answer.status === 200 && !answer.redirected) update(await answer.json());
      } catch {
        // The next time asks again.
      }
    }
    setTimeout(ask, Math.max(EVERY_MS, SHARE * (performance.now() - askedAt)));
  }
  mark(Date.now() - endedAt() < RUNS_MS);
  setTimeout(ask, EVERY_MS);
}
