//! What arrived, in JSON of the form that README.md of these tests gives.

use std::collections::{BTreeMap, BTreeSet};

use thrift::OrderedFloat;

use crate::interop::*;

pub trait Describe {
    fn words(&self) -> String;
}

macro_rules! plain {
    ($($kind:ty),*) => {
        $(impl Describe for $kind {
            fn words(&self) -> String {
                self.to_string()
            }
        })*
    };
}

plain!(bool, i8, i16, i32, i64);

impl Describe for OrderedFloat<f64> {
    fn words(&self) -> String {
        if self.0.is_nan() {
            return "\"nan\"".into();
        }
        format!("\"{:016x}\"", self.0.to_bits())
    }
}

impl Describe for String {
    fn words(&self) -> String {
        let mut out = String::from("\"");
        for c in self.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\0'..='\x1f' => out += &format!("\\u{:04x}", c as u32),
                _ => out.push(c),
            }
        }
        out + "\""
    }
}

impl Describe for Vec<u8> {
    fn words(&self) -> String {
        let digits: String = self.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\"{digits}\"")
    }
}

impl Describe for uuid::Uuid {
    fn words(&self) -> String {
        format!("\"{self}\"")
    }
}

impl Describe for Color {
    fn words(&self) -> String {
        self.0.to_string()
    }
}

impl<T: Describe> Describe for Box<T> {
    fn words(&self) -> String {
        (**self).words()
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

impl<T: Describe> Describe for Vec<T> {
    fn words(&self) -> String {
        list(self.iter().map(T::words))
    }
}

impl<T: Describe> Describe for BTreeSet<T> {
    fn words(&self) -> String {
        list(self.iter().map(T::words))
    }
}

impl<K: Describe, V: Describe> Describe for BTreeMap<K, V> {
    fn words(&self) -> String {
        list(self.iter().map(|(k, v)| format!("[{},{}]", k.words(), v.words())))
    }
}

/// A field that may be left out, or one that is always there.
trait Field {
    fn field(&self, name: &str) -> Option<String>;
}

impl<T: Describe> Field for Option<T> {
    fn field(&self, name: &str) -> Option<String> {
        self.as_ref().map(|value| format!("\"{name}\":{}", value.words()))
    }
}

macro_rules! structs {
    ($($kind:ident { $($field:ident),* } required { $($required:ident),* })*) => {
        $(impl Describe for $kind {
            fn words(&self) -> String {
                let fields: Vec<Option<String>> = vec![
                    $(self.$field.field(stringify!($field)),)*
                    $(Some(format!("\"{}\":{}", stringify!($required), self.$required.words())),)*
                ];
                format!("{{{}}}", fields.into_iter().flatten().collect::<Vec<_>>().join(","))
            }
        })*
    };
}

structs! {
    Point { x, y } required {}
    Tree { value, children } required {}
    Mixed { usual, maybe, perhaps } required { must, text }
    Everything {
        a_bool, an_i8, an_i16, an_i32, an_i64, a_double, a_string, a_binary, a_color, a_moment, bools, i8s, i16s, i32s,
        i64s, doubles, strings, binaries, colors, points, rows, i32_set, string_set, point_set, by_string, by_i32, by_i64,
        by_bool, by_double, by_color, by_point, nested, groves, tree, shape, shapes, mixed, by_the_way, far, last
    } required {}
    Refused { code, reason } required {}
    Broken { detail, places } required {}
    Narrow { first, last } required {}
}

impl Describe for Shape {
    fn words(&self) -> String {
        match self {
            Shape::Circle(value) => format!("{{\"circle\":{}}}", value.words()),
            Shape::Corner(value) => format!("{{\"corner\":{}}}", value.words()),
            Shape::Label(value) => format!("{{\"label\":{}}}", value.words()),
            Shape::Group(value) => format!("{{\"group\":{}}}", value.words()),
        }
    }
}
