// ws on node, with send() of one Buffer in a loop over its clients (https://github.com/websockets/ws, "Server broadcast").
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const BACKLOG = 4096;
const SECONDS_PER_NS = 1e-9;
const SHORTEST_TIMER_SECONDS = 0.001;
const place = JSON.parse(process.argv[2]);
const server = new WebSocketServer({ host: "127.0.0.1", port: place.port, backlog: BACKLOG, perMessageDeflate: false });

const seconds = () => Number(process.hrtime.bigint()) * SECONDS_PER_NS;

function publish(size) {
  // The same clock as everybody's: CLOCK_MONOTONIC.
  const first = process.hrtime.bigint() + BigInt(place.stamp_offset_ns);
  for (let number = 0; number < size; number++) {
    const event = Buffer.from(`${place.head}${first + BigInt(number)}${place.tail}`);
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

createInterface({ input: process.stdin }).on("line", (line) => run(JSON.parse(line))).on("close", () => process.exit());
server.on("listening", () => console.log("listening"));
