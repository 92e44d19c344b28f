// Calls everything once over one connection, which is made anew after an error, and prints what came.
"use strict";

const fs = require("fs");
const Int64 = require("node-int64");
const thrift = require("thrift");
const { Broken, Color, Everything, Point, Refused, Tree, Wide } = require("./interop_types");
const Later = require("./Later");
const Peer = require("./Peer");
const Second = require("./Second");
const { certificate } = require("./stack");
const uuids = require("./uuids");
const words = require("./words");

const MILLISECONDS = 5000;

// A connection has one client at a time unless it is multiplexed: Peer's learns what Later calls.
for (const name of ["narrow", "unheard_of"]) {
  for (const method of [name, `send_${name}`, `recv_${name}`]) {
    Peer.Client.prototype[method] = Later.Client.prototype[method];
  }
}

class Connection {
  constructor(stack, address) {
    Object.assign(this, { stack, address, connection: null, broken: null, clients: new Map() });
  }

  open() {
    const { stack, address } = this;
    const options = { transport: stack.transport, protocol: stack.protocol, max_attempts: 1 };
    if (stack.socket === "ssl") Object.assign(options, { ca: certificate("ca.pem"), servername: "localhost" });
    if (stack.http) {
      options.path = "/";
      options.https = stack.socket === "ssl";
      options.nodeOptions = options.https ? { ca: options.ca } : {};
      this.connection =
        stack.socket === "unix"
          ? thrift.createHttpUDSConnection(address, options)
          : thrift.createHttpConnection("localhost", Number(address), options);
    } else if (stack.socket === "unix") {
      this.connection = thrift.createUDSConnection(address, options);
    } else if (stack.socket === "ssl") {
      this.connection = thrift.createSSLConnection("localhost", Number(address), options);
    } else {
      this.connection = thrift.createConnection("127.0.0.1", Number(address), options);
    }
    this.broken = new Promise((_, reject) => {
      this.connection.on("error", reject);
      // The library tries to connect again before it says that the connection is closed.
      if (!stack.http) this.connection.connection.on("close", () => reject(new Error("closed by the server")));
    });
    const made = this.connection;
    this.broken.catch(() => {
      if (this.connection === made) this.close();
    });
  }

  // The client of a service, under the name that it has where services are multiplexed.
  client(service, name) {
    if (!this.connection) this.open();
    const key = `${name} ${service.Client.name}`;
    if (!this.clients.has(key)) {
      const made =
        this.stack.mux && name
          ? new thrift.Multiplexer().createClient(name, service, this.connection)
          : thrift.createClient(service, this.connection);
      this.clients.set(key, made);
    }
    return this.clients.get(key);
  }

  close() {
    if (this.connection && this.connection.end) this.connection.end();
    this.connection = null;
    this.clients.clear();
  }

  // `call` resolves to JSON text.
  async step(name, call) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${MILLISECONDS} ms`)), MILLISECONDS);
    });
    try {
      if (!this.connection) this.open();
      say("result", name, await Promise.race([call(), late, this.broken]));
    } catch (error) {
      if (error instanceof Refused) say("result", name, `{"Refused":${words.refused(error)}}`);
      else if (error instanceof Broken) say("result", name, `{"Broken":${words.broken(error)}}`);
      else if (error instanceof thrift.Thrift.TApplicationException) {
        say("result", name, `{"TApplicationException":${error.type}}`);
      } else {
        say("error", name, JSON.stringify(`${error}`));
        this.close();
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function say(word, name, what) {
  console.log(`${word} ${name} ${what}`);
}

async function call(stack, address) {
  const connection = new Connection(stack, address);
  const step = (name, run) => connection.step(name, run);
  const peer = () => connection.client(Peer, "Peer");
  const ping = async () => words.bool((await peer().ping()) === undefined);
  const mark = `node ${address} ${process.hrtime.bigint()} `;

  await step("who", async () => words.text(await peer().who()));
  await step("ping", ping);
  await step("arguments", () =>
    peer().arguments(
      true, -8, -1600, -320000, new Int64("ffdfffffffffffff"), 2.5, "grüß 🌍", Buffer.from([0, 255, 128]), Color.BLUE,
      [1, -1], { a: 1, b: -2 }, new Point({ x: 3, y: 4 })
    )
  );
  await step("half", async () => words.double(await peer().half(5)));
  await step("reversed", async () => words.binary(await peer().reversed(Buffer.from([0, 255, 16]))));
  await step("divide", async () => words.whole(await peer().divide(7, 2)));
  await step("refused", async () => words.whole(await peer().divide(7, 0)));
  await step("broken", async () => words.whole(await peer().divide(7, -2)));
  await step("fail", async () => words.bool((await peer().fail()) === undefined));
  await step("after_fail", ping);
  await step("unheard_of", async () => words.whole(await peer().unheard_of(wide())));
  await step("after_unheard_of", ping);
  for (const [name, text] of [["note", "one"], ["note_again", "two"]]) {
    await step(name, async () => {
      await peer().note(mark + text);
      // It resolves when sent; over HTTP the next request may overtake this one on another connection.
      if (stack.http) await new Promise((resolve) => setTimeout(resolve, 20));
      return "true";
    });
  }
  await step("notes", async () =>
    words.list(words.text)((await peer().notes(mark)).map((text) => text.slice(mark.length)))
  );
  await step("narrow", () => peer().narrow(wide()));
  if (stack.mux) {
    await step("twice", async () => words.whole(await connection.client(Second, "Second").twice(21)));
    await step("nobody", async () => words.bool((await connection.client(Peer, "Nobody").ping()) === undefined));
    await step("after_nobody", ping);
  }
  const id = "00112233-4455-6677-8899-aabbccddeeff";
  await step("describe_uuid", () => uuids.call(peer(), "describe_uuid", id));
  await step("echo_uuid", async () => words.text(await uuids.call(peer(), "echo_uuid", id)));
  for (const line of fs.readFileSync(process.env.INTEROP_CASES, "utf8").trim().split("\n")) {
    const [name, data] = line.split(" ");
    const value = new Everything();
    await step(`sent:${name}`, async () => {
      value.read(new thrift.TBinaryProtocol(new thrift.TFramedTransport(Buffer.from(data, "hex"))));
      return words.everything(value);
    });
    await step(`described:${name}`, () => peer().describe(value));
    await step(`echoed:${name}`, async () => words.everything(await peer().echo(value)));
  }
  connection.close();
}

function wide() {
  const tree = new Tree({ value: 1, children: [new Tree({ value: 2 }), new Tree({ value: 3 })] });
  return new Wide({
    first: 1, a_bool: true, an_i8: 2, an_i16: 3, an_i32: 4, an_i64: 5, a_double: 6, a_string: "seven",
    a_binary: Buffer.from([8]), bools: [true, false], strings: ["a", "b"], lists: { c: [1, 2] }, tree: tree,
    trees: [tree, tree], points: { 1: new Point({ x: 2, y: 3 }) }, nothing: {}, last: "end",
  });
}

module.exports = { call };
