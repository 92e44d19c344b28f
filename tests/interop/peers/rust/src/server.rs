use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use thrift::server::{TMultiplexedProcessor, TProcessor, TServer};
use thrift::OrderedFloat;

use crate::interop::*;
use crate::stack::Stack;
use crate::uuids::WithUuids;
use crate::words::Describe;

static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Handler;

impl BaseSyncHandler for Handler {
    fn handle_who(&self) -> thrift::Result<String> {
        Ok("rust".into())
    }

    fn handle_ping(&self) -> thrift::Result<()> {
        Ok(())
    }
}

impl PeerSyncHandler for Handler {
    fn handle_describe(&self, value: Everything) -> thrift::Result<String> {
        Ok(value.words())
    }

    fn handle_echo(&self, value: Everything) -> thrift::Result<Everything> {
        Ok(value)
    }

    fn handle_arguments(
        &self,
        a: bool,
        b: i8,
        c: i16,
        d: i32,
        e: i64,
        f: OrderedFloat<f64>,
        g: String,
        h: Vec<u8>,
        n: Color,
        j: Vec<i32>,
        k: BTreeMap<String, i32>,
        l: Point,
    ) -> thrift::Result<String> {
        let all: [&dyn Describe; 12] = [&a, &b, &c, &d, &e, &f, &g, &h, &n, &j, &k, &l];
        let texts: Vec<String> = all.iter().map(|value| value.words()).collect();
        Ok(format!("[{}]", texts.join(",")))
    }

    fn handle_half(&self, value: OrderedFloat<f64>) -> thrift::Result<OrderedFloat<f64>> {
        Ok(value / OrderedFloat(2.0))
    }

    fn handle_reversed(&self, data: Vec<u8>) -> thrift::Result<Vec<u8>> {
        Ok(data.into_iter().rev().collect())
    }

    fn handle_divide(&self, dividend: i32, divisor: i32) -> thrift::Result<i32> {
        if divisor == 0 {
            return Err(thrift::Error::from(Refused::new(1, "division by zero: ÷0".to_string())));
        }
        if divisor < 0 {
            let places = vec![Point::new(dividend, divisor)];
            return Err(thrift::Error::from(Broken::new("less than nothing".to_string(), places)));
        }
        Ok(dividend / divisor)
    }

    fn handle_fail(&self) -> thrift::Result<()> {
        Err(thrift::Error::from("undeclared"))
    }

    fn handle_note(&self, text: String) -> thrift::Result<()> {
        NOTES.lock().unwrap().push(text);
        Ok(())
    }

    fn handle_notes(&self, prefix: String) -> thrift::Result<Vec<String>> {
        Ok(NOTES.lock().unwrap().iter().filter(|text| text.starts_with(&prefix)).cloned().collect())
    }

    fn handle_narrow(&self, value: Narrow) -> thrift::Result<String> {
        Ok(value.words())
    }
}

struct SecondHandler;

impl SecondSyncHandler for SecondHandler {
    fn handle_twice(&self, number: i32) -> thrift::Result<i32> {
        Ok(2 * number)
    }
}

/// Serves from another thread on; gives the address. The library tells nobody which port it got: a free one is looked for.
pub fn serve(stack: &Stack, path: &str) -> Result<String, String> {
    let peer = WithUuids(PeerSyncProcessor::new(Handler));
    if !stack.mux {
        return start(stack, path, peer);
    }
    let mut multiplexed = TMultiplexedProcessor::new();
    let second = SecondSyncProcessor::new(SecondHandler);
    multiplexed.register("Peer", Box::new(peer), true).map_err(|error| error.to_string())?;
    multiplexed.register("Second", Box::new(second), false).map_err(|error| error.to_string())?;
    start(stack, path, multiplexed)
}

fn start<P: TProcessor + Send + Sync + 'static>(stack: &Stack, path: &str, processor: P) -> Result<String, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let address = if stack.unix {
        path.to_string()
    } else {
        free.map_err(|error| error.to_string())?.to_string()
    };
    let (unix, listened) = (stack.unix, address.clone());
    let of = stack.clone();
    thread::spawn(move || {
        let mut server = TServer::new(
            of.read_transports(),
            of.input_protocols(),
            of.write_transports(),
            of.output_protocols(),
            processor,
            8,
        );
        let ended = if unix { server.listen_uds(&listened) } else { server.listen(&listened[..]) };
        eprintln!("{listened}: {ended:?}");
    });
    let until = Instant::now() + Duration::from_secs(5);
    let answers = || if unix { UnixStream::connect(&address).is_ok() } else { TcpStream::connect(&address).is_ok() };
    while !answers() {
        if Instant::now() > until {
            return Err(format!("{address}: does not listen"));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(address.rsplit(':').next().unwrap_or(path).to_string())
}
