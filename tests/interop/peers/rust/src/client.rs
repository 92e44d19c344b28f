//! Calls everything once over one connection, which is made anew after an error, and prints what came.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, SystemTime};

use thrift::protocol::{TBinaryInputProtocol, TMultiplexedOutputProtocol, TSerializable};
use thrift::OrderedFloat;

use crate::interop::*;
use crate::stack::{Input, Output, Stack};
use crate::uuids::{self, One};
use crate::words::Describe;

const LIMIT: Option<Duration> = Some(Duration::from_secs(5));

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

struct Connection {
    stack: Stack,
    address: String,
    socket: Option<Socket>,
}

type Peer = PeerSyncClient<Input, Output>;

impl Connection {
    /// Both protocols of a service's client. Between calls no bytes are left in a transport, so each may have its own.
    fn protocols(&mut self, service: &str) -> thrift::Result<(Input, Output)> {
        if self.socket.is_none() {
            self.socket = Some(self.connect()?);
        }
        let (input, output) = match self.socket.as_ref().expect("just connected") {
            Socket::Tcp(stream) => {
                (self.stack.input(stream.try_clone()?), self.stack.output(stream.try_clone()?))
            }
            Socket::Unix(stream) => {
                (self.stack.input(stream.try_clone()?), self.stack.output(stream.try_clone()?))
            }
        };
        if self.stack.mux && !service.is_empty() {
            return Ok((input, Box::new(TMultiplexedOutputProtocol::new(service, output))));
        }
        Ok((input, output))
    }

    fn connect(&self) -> thrift::Result<Socket> {
        if self.stack.unix {
            let stream = UnixStream::connect(&self.address)?;
            stream.set_read_timeout(LIMIT)?;
            return Ok(Socket::Unix(stream));
        }
        let stream = TcpStream::connect(format!("127.0.0.1:{}", self.address))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(LIMIT)?;
        Ok(Socket::Tcp(stream))
    }

    fn peer(&mut self) -> thrift::Result<Peer> {
        let (input, output) = self.protocols("Peer")?;
        Ok(PeerSyncClient::new(input, output))
    }

    fn later(&mut self) -> thrift::Result<LaterSyncClient<Input, Output>> {
        let (input, output) = self.protocols("Peer")?;
        Ok(LaterSyncClient::new(input, output))
    }

    fn close(&mut self) {
        let _ = match self.socket.take() {
            Some(Socket::Tcp(stream)) => stream.shutdown(Shutdown::Both),
            Some(Socket::Unix(stream)) => stream.shutdown(Shutdown::Both),
            None => Ok(()),
        };
    }

    fn step(&mut self, name: &str, call: impl FnOnce(&mut Connection) -> thrift::Result<String>) {
        match call(self) {
            Ok(text) => println!("result {name} {text}"),
            Err(thrift::Error::Application(error)) => {
                println!("result {name} {{\"TApplicationException\":{}}}", error.kind as i32);
            }
            Err(thrift::Error::User(error)) => {
                if let Some(refused) = error.downcast_ref::<Refused>() {
                    println!("result {name} {{\"Refused\":{}}}", refused.words());
                } else if let Some(broken) = error.downcast_ref::<Broken>() {
                    println!("result {name} {{\"Broken\":{}}}", broken.words());
                } else {
                    println!("error {name} {}", error.to_string().words());
                }
            }
            Err(error) => {
                println!("error {name} {}", format!("{error:?}").words());
                self.close();
            }
        }
    }
}

fn done<T>(_: T) -> String {
    "true".into()
}

pub fn call(stack: &Stack, address: &str) {
    let mut connection = Connection { stack: stack.clone(), address: address.into(), socket: None };
    let c = &mut connection;
    let nanoseconds = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    let mark = format!("rust {address} {nanoseconds} ");

    c.step("who", |c| Ok(c.peer()?.who()?.words()));
    c.step("ping", |c| c.peer()?.ping().map(done));
    c.step("arguments", |c| {
        c.peer()?.arguments(
            true,
            -8,
            -1600,
            -320000,
            -9007199254740993,
            OrderedFloat(2.5),
            "grüß 🌍".into(),
            vec![0, 255, 128],
            Color::BLUE,
            vec![1, -1],
            BTreeMap::from([("a".into(), 1), ("b".into(), -2)]),
            Point::new(3, 4),
        )
    });
    c.step("half", |c| Ok(c.peer()?.half(OrderedFloat(5.0))?.words()));
    c.step("reversed", |c| Ok(c.peer()?.reversed(vec![0, 255, 16])?.words()));
    c.step("divide", |c| Ok(c.peer()?.divide(7, 2)?.words()));
    c.step("refused", |c| Ok(c.peer()?.divide(7, 0)?.words()));
    c.step("broken", |c| Ok(c.peer()?.divide(7, -2)?.words()));
    c.step("fail", |c| c.peer()?.fail().map(done));
    c.step("after_fail", |c| c.peer()?.ping().map(done));
    c.step("unheard_of", |c| Ok(c.later()?.unheard_of(wide())?.words()));
    c.step("after_unheard_of", |c| c.peer()?.ping().map(done));
    c.step("note", |c| c.peer()?.note(format!("{mark}one")).map(done));
    c.step("note_again", |c| c.peer()?.note(format!("{mark}two")).map(done));
    c.step("notes", |c| {
        let notes = c.peer()?.notes(mark.clone())?;
        Ok(notes.iter().map(|text| text.replace(&mark, "")).collect::<Vec<_>>().words())
    });
    c.step("narrow", |c| c.later()?.narrow(wide()));
    if stack.mux {
        c.step("twice", |c| {
            let (input, output) = c.protocols("Second")?;
            Ok(SecondSyncClient::new(input, output).twice(21)?.words())
        });
        c.step("default", |c| {
            let (input, output) = c.protocols("")?;
            Ok(PeerSyncClient::new(input, output).who()?.words())
        });
        c.step("nobody", |c| {
            let (input, output) = c.protocols("Nobody")?;
            PeerSyncClient::new(input, output).ping().map(done)
        });
        c.step("after_nobody", |c| c.peer()?.ping().map(done));
    }
    let id = uuid::Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    for name in ["describe_uuid", "echo_uuid"] {
        c.step(name, |c| {
            let (mut input, mut output) = c.protocols("Peer")?;
            match uuids::call(&mut input, &mut output, name, id)? {
                One::Id(uuid) => Ok(uuid.words()),
                One::Text(text) => Ok(text),
            }
        });
    }
    send_cases(c);
    c.close();
}

/// Every line is the name of a case and the hexadecimal binary form of an Everything.
fn send_cases(c: &mut Connection) {
    let path = std::env::var("INTEROP_CASES").expect("INTEROP_CASES names the values to send");
    for line in std::fs::read_to_string(path).expect("the values to send").lines() {
        let (name, digits) = line.split_once(' ').expect("a name and digits");
        let mut sent = None;
        c.step(&format!("sent:{name}"), |_| {
            let bytes = unhex(digits);
            let value = Everything::read_from_in_protocol(&mut TBinaryInputProtocol::new(&bytes[..], true))?;
            let text = value.words();
            sent = Some(value);
            Ok(text)
        });
        if let Some(value) = sent {
            c.step(&format!("described:{name}"), |c| c.peer()?.describe(value.clone()));
            c.step(&format!("echoed:{name}"), |c| Ok(c.peer()?.echo(value)?.words()));
        }
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}

fn wide() -> Wide {
    let leaf = |value| Box::new(Tree::new(value, None));
    let tree = Tree::new(1, vec![leaf(2), leaf(3)]);
    Wide {
        first: Some(1),
        a_bool: Some(true),
        an_i8: Some(2),
        an_i16: Some(3),
        an_i32: Some(4),
        an_i64: Some(5),
        a_double: Some(OrderedFloat(6.0)),
        a_string: Some("seven".into()),
        a_binary: Some(vec![8]),
        bools: Some(vec![true, false]),
        strings: Some(BTreeSet::from(["a".into(), "b".into()])),
        lists: Some(BTreeMap::from([("c".into(), vec![1, 2])])),
        tree: Some(tree.clone()),
        trees: Some(vec![tree.clone(), tree]),
        points: Some(BTreeMap::from([(1, Point::new(2, 3))])),
        nothing: Some(BTreeMap::new()),
        last: Some("end".into()),
    }
}
