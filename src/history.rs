//! What the run log says: plain values between the store, which keeps them, and the report, which tells them.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::roster::plan::{Counts, PlanDigest};
use crate::roster::record::EmployeeId;
use crate::roster::verdict::Note;

