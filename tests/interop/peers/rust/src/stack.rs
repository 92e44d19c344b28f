//! What stands between the calls and the bytes: "compact/framed/tcp", with "/mux" where services are multiplexed.

use std::io::{Read, Write};

use thrift::protocol::{
    TBinaryInputProtocol, TBinaryInputProtocolFactory, TBinaryOutputProtocol, TBinaryOutputProtocolFactory,
    TCompactInputProtocol, TCompactInputProtocolFactory, TCompactOutputProtocol, TCompactOutputProtocolFactory,
    TInputProtocol, TInputProtocolFactory, TOutputProtocol, TOutputProtocolFactory,
};
use thrift::transport::{
    TBufferedReadTransport, TBufferedReadTransportFactory, TBufferedWriteTransport, TBufferedWriteTransportFactory,
    TFramedReadTransport, TFramedReadTransportFactory, TFramedWriteTransport, TFramedWriteTransportFactory,
    TReadTransport, TReadTransportFactory, TWriteTransport, TWriteTransportFactory,
};

#[derive(Clone)]
pub struct Stack {
    pub compact: bool,
    pub framed: bool,
    pub unix: bool,
    pub mux: bool,
}

pub type Input = Box<dyn TInputProtocol>;
pub type Output = Box<dyn TOutputProtocol>;

impl Stack {
    pub fn parse(text: &str) -> Result<Stack, String> {
        let words: Vec<&str> = text.split('/').collect();
        let one_of = |word: &str, no: &str, yes: &str| match word {
            _ if word == no => Ok(false),
            _ if word == yes => Ok(true),
            _ => Err(format!("no {word}")),
        };
        Ok(Stack {
            compact: one_of(words[0], "binary", "compact")?,
            framed: one_of(words[1], "buffered", "framed")?,
            unix: one_of(words[2], "tcp", "unix")?,
            mux: words.get(3) == Some(&"mux"),
        })
    }

    pub fn input(&self, from: impl Read + 'static) -> Input {
        let transport: Box<dyn TReadTransport> = if self.framed {
            Box::new(TFramedReadTransport::new(from))
        } else {
            Box::new(TBufferedReadTransport::new(from))
        };
        if self.compact {
            Box::new(TCompactInputProtocol::new(transport))
        } else {
            Box::new(TBinaryInputProtocol::new(transport, true))
        }
    }

    pub fn output(&self, to: impl Write + 'static) -> Output {
        let transport: Box<dyn TWriteTransport> = if self.framed {
            Box::new(TFramedWriteTransport::new(to))
        } else {
            Box::new(TBufferedWriteTransport::new(to))
        };
        if self.compact {
            Box::new(TCompactOutputProtocol::new(transport))
        } else {
            Box::new(TBinaryOutputProtocol::new(transport, true))
        }
    }

    pub fn read_transports(&self) -> Box<dyn TReadTransportFactory + Send> {
        if self.framed {
            Box::new(TFramedReadTransportFactory::new())
        } else {
            Box::new(TBufferedReadTransportFactory::new())
        }
    }

    pub fn write_transports(&self) -> Box<dyn TWriteTransportFactory + Send> {
        if self.framed {
            Box::new(TFramedWriteTransportFactory::new())
        } else {
            Box::new(TBufferedWriteTransportFactory::new())
        }
    }

    pub fn input_protocols(&self) -> Box<dyn TInputProtocolFactory + Send + Sync> {
        if self.compact {
            Box::new(TCompactInputProtocolFactory::new())
        } else {
            Box::new(TBinaryInputProtocolFactory::new())
        }
    }

    pub fn output_protocols(&self) -> Box<dyn TOutputProtocolFactory + Send + Sync> {
        if self.compact {
            Box::new(TCompactOutputProtocolFactory::new())
        } else {
            Box::new(TBinaryOutputProtocolFactory::new())
        }
    }
}
