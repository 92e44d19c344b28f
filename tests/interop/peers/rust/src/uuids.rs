//! The methods of uuids.thrift: what a compiler that knows uuid would write.

use thrift::protocol::{
    TFieldIdentifier, TInputProtocol, TMessageIdentifier, TMessageType, TOutputProtocol, TStoredInputProtocol,
    TStructIdentifier, TType,
};
use thrift::server::TProcessor;
use uuid::Uuid;

use crate::words::Describe;

/// The field of arguments (1) or of a result (0).
pub enum One {
    Id(Uuid),
    Text(String),
}

fn write(out: &mut dyn TOutputProtocol, id: i16, value: &One) -> thrift::Result<()> {
    out.write_struct_begin(&TStructIdentifier::new("uuids"))?;
    match value {
        One::Id(uuid) => {
            out.write_field_begin(&TFieldIdentifier::new("value", TType::Uuid, id))?;
            out.write_uuid(uuid)?;
        }
        One::Text(text) => {
            out.write_field_begin(&TFieldIdentifier::new("value", TType::String, id))?;
            out.write_string(text)?;
        }
    }
    out.write_field_end()?;
    out.write_field_stop()?;
    out.write_struct_end()
}

fn read(input: &mut dyn TInputProtocol, id: i16) -> thrift::Result<One> {
    let mut found = None;
    input.read_struct_begin()?;
    loop {
        let field = input.read_field_begin()?;
        match (field.field_type, field.id) {
            (TType::Stop, _) => break,
            (TType::Uuid, Some(n)) if n == id => found = Some(One::Id(input.read_uuid()?)),
            (TType::String, Some(n)) if n == id => found = Some(One::Text(input.read_string()?)),
            (other, _) => input.skip(other)?,
        }
        input.read_field_end()?;
    }
    input.read_struct_end()?;
    found.ok_or_else(|| thrift::Error::from("no uuid in it"))
}

/// Answers the two methods and hands the others on.
pub struct WithUuids<P>(pub P);

impl<P: TProcessor> TProcessor for WithUuids<P> {
    fn process(&self, input: &mut dyn TInputProtocol, out: &mut dyn TOutputProtocol) -> thrift::Result<()> {
        let message = input.read_message_begin()?;
        if message.name != "describe_uuid" && message.name != "echo_uuid" {
            return self.0.process(&mut TStoredInputProtocol::new(input, message), out);
        }
        let value = read(input, 1)?;
        input.read_message_end()?;
        let result = match (&message.name[..], value) {
            ("describe_uuid", One::Id(uuid)) => One::Text(uuid.words()),
            (_, value) => value,
        };
        out.write_message_begin(&TMessageIdentifier::new(message.name, TMessageType::Reply, message.sequence_number))?;
        write(out, 0, &result)?;
        out.write_message_end()?;
        out.flush()
    }
}

pub fn call(
    input: &mut dyn TInputProtocol,
    out: &mut dyn TOutputProtocol,
    name: &str,
    uuid: Uuid,
) -> thrift::Result<One> {
    out.write_message_begin(&TMessageIdentifier::new(name, TMessageType::Call, 7))?;
    write(out, 1, &One::Id(uuid))?;
    out.write_message_end()?;
    out.flush()?;
    let message = input.read_message_begin()?;
    if message.message_type == TMessageType::Exception {
        let error = thrift::Error::read_application_error_from_in_protocol(input)?;
        input.read_message_end()?;
        return Err(thrift::Error::Application(error));
    }
    let result = read(input, 0)?;
    input.read_message_end()?;
    Ok(result)
}
