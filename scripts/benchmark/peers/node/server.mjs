// ws on node, with send() of one Buffer in a loop over its clients (https://github.com/websockets/ws, "Server broadcast").
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const BACKLOG = 4096;
const SECONDS_PER_NS = 1e-9;
const SHORTEST_TIMER_SECONDS = 0.001;
// The first line on standard input: where to listen and what to publish.
let place, server;
let next = 0; // of the events, in a cycle
let freeStamp = 0n;

function listen() {
  // Compression as it is by default, but for short messages, too: a compressor for each connection, with context.
  const perMessageDeflate = place.compression && { threshold: 0 };
  server = new WebSocketServer({ host: "127.0.0.1", port: place.port, backlog: BACKLOG, perMessageDeflate });
  server.on("listening", () => console.log("listening"));
}

const seconds = () => Number(process.hrtime.bigint()) * SECONDS_PER_NS;

function stampNow() {
  // The same clock as everybody's: CLOCK_MONOTONIC.
  const now = process.hrtime.bigint() / BigInt(place.stamp.unit_ns) + BigInt(place.stamp.offset_units);
  const stamp = now > freeStamp ? now : freeStamp;
  freeStamp = stamp + 1n;
  return stamp;
}

function publish(size) {
  for (let number = 0; number < size; number++) {
    const [head, tail] = place.texts[next];
    next = (next + 1) % place.texts.length;
    const event = Buffer.from(`${head}${stampNow()}${tail}`);
    for (const client of server.clients) client.send(event, { binary: false });
  }
}

// Each batch as soon as it is due and the loop has time for it.
function run({ shape, seconds: length }) {
  const size = shape.in_bursts ? shape.events_per_second : 1;
  const interval = size / shape.events_per_second;
  const start = seconds();
  let batches = 0;
  const step = () => {
    const passed = seconds() - start;
    if (passed > length || batches * interval >= length) {
      console.log(batches * size);
      return;
    }
    const left = batches * interval - passed;
    if (left <= 0) {
      publish(size);
      batches++;
    }
    // Timers are whole ms: for less, once around the loop.
    if (left > SHORTEST_TIMER_SECONDS) setTimeout(step, left * 1000);
    else setImmediate(step);
  };
  step();
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (place) return run(JSON.parse(line));
    place = JSON.parse(line);
    listen();
  })
  .on("close", () => process.exit());
