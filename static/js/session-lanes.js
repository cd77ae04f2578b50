/* Lanes for steps that run at the same time. */

/* A heap of pairs, the one with the smallest first number on top. */
class Heap {
  #pairs = [];

  get top() {
    return this.#pairs[0];
  }

  push(pair) {
    const pairs = this.#pairs;
    let at = pairs.push(pair) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (pairs[above][0] <= pairs[at][0]) break;
      [pairs[above], pairs[at]] = [pairs[at], pairs[above]];
      at = above;
    }
  }

  pop() {
    const pairs = this.#pairs;
    const [top] = pairs;
    const last = pairs.pop();
    if (!pairs.length) return top;
    pairs[0] = last;
    for (let at = 0; ;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < pairs.length && pairs[below][0] < pairs[least][0]) least = below;
      }
      if (least === at) return top;
      [pairs[least], pairs[at]] = [pairs[at], pairs[least]];
      at = least;
    }
  }
}

/* Returns the steps of each lane in order: each in the first lane in which none runs when it starts. `order` is the
   steps by their start; `laneOf` is told the lane of each. */
export function packed(rows, order, laneOf) {
  const lanes = [];
  const running = new Heap();
  const free = new Heap();
  for (const at of order) {
    while (running.top && running.top[0] <= rows.start[at]) {
      const lane = running.pop()[1];
      free.push([lane, lane]);
    }
    const lane = free.top ? free.pop()[1] : lanes.push([]) - 1;
    lanes[lane].push(at);
    laneOf[at] = lane;
    // A step of no length takes its lane for a moment, so that what starts with it stands beside it.
    running.push([rows.start[at] + Math.max(rows.length[at], 1), lane]);
  }
  return lanes;
}
