//! A peer in Rust: "serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as arguments.

mod client;
#[allow(dead_code, clippy::all)]
mod interop;
mod server;
mod stack;
mod uuids;
mod words;

use std::io::BufRead;

fn obey(words: &[String]) {
    let rest = words.get(2).map_or("", String::as_str);
    match (words[0].as_str(), stack::Stack::parse(&words[1])) {
        ("serve", parsed) => match parsed.and_then(|stack| server::serve(&stack, rest)) {
            Ok(address) => println!("serving {} {address}", words[1]),
            Err(error) => println!("refused {} {error}", words[1]),
        },
        ("call", Ok(stack)) => {
            client::call(&stack, rest);
            println!("done {}", words[1]);
        }
        _ => {}
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.len() > 1 {
        obey(&arguments);
        while arguments[0] == "serve" {
            std::thread::park();
        }
        return;
    }
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        if words.len() > 1 {
            obey(&words);
        }
    }
    std::process::exit(0);
}
