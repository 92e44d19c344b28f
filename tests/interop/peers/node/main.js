// A peer in Node: "serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as arguments.
"use strict";

const readline = require("readline");
const { call } = require("./client");
const { serve } = require("./server");
const { parse } = require("./stack");

async function obey([command, words, rest]) {
  if (command === "serve") {
    try {
      console.log(`serving ${words} ${await serve(parse(words), rest)}`);
    } catch (error) {
      console.log(`refused ${words} ${error}`);
    }
  } else if (command === "call") {
    await call(parse(words), rest);
    console.log(`done ${words}`);
  }
}

// What a library throws out of a callback must not end the process with all its servers.
process.on("uncaughtException", (error) => console.error("uncaught:", error));
process.on("unhandledRejection", (error) => console.error("unhandled:", error));

async function main() {
  if (process.argv.length > 3) return obey(process.argv.slice(2));
  for await (const line of readline.createInterface({ input: process.stdin })) await obey(line.split(" "));
  process.exit(0);
}

main();
