//! One fake of Personio's v1 API for everybody who needs one: the example runs it as a program, the demo, the tests and the
//! benchmark start it in a process of their own.

#![allow(dead_code, unused_imports, reason = "each of them uses a part of it")]

pub mod company;
mod fake;
pub mod http;
mod person;

pub use fake::*;
pub use person::*;
