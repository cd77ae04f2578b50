/* The live feed of an address (Server-Sent Events): goes on where it was after the connection broke, and while nobody
   looks at the page there is none. */
const AGAIN_MS = 5_000;
const EVENTS = ["hello", "requests", "running", "skipped", "gap"];

/* Calls `on.<event>(data)` for each event, and `on.state("live" | "waiting")` when that changes. `last` is the id of an
   event: what came after it is told. */
export class Stream {
  #address;
  #on;
  #last;
  #source = null;
  #timer = 0;
  #state = "";
  #look = () => (document.hidden ? this.#stop() : this.#start());

  constructor(address, on, last = "") {
    this.#address = new URL(address, location.href);
    this.#on = on;
    this.#last = last;
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  get isLive() {
    return this.#state === "live";
  }

  close() {
    document.removeEventListener("visibilitychange", this.#look);
    this.#stop();
  }

  #start() {
    if (this.#source) return;
    clearTimeout(this.#timer);
    if (this.#last) this.#address.searchParams.set("last_event_id", this.#last);
    const source = new EventSource(this.#address);
    this.#source = source;
    source.addEventListener("error", () => {
      this.#tell("waiting");
      // The browser tries again by itself, unless it was refused.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      this.#stop();
      this.#timer = setTimeout(this.#look, AGAIN_MS);
    });
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) this.#last = event.lastEventId;
        this.#tell("live");
        this.#on[name]?.(JSON.parse(event.data));
      });
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#tell("waiting");
  }

  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#on.state?.(state);
  }
}
