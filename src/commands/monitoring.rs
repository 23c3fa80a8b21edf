//! Tells monitoring how a run began and ended. A failure here is a warning: the run's own result matters more.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::Context;
use crate::exit::{Exit, Failure};
use crate::history::{Limits, RunLog, Surroundings};
use crate::ping::{Moment, ping};
use crate::replace;
use crate::report::metrics::{self, MetricsView, MirrorFacts};

pub(super) fn started(context: &Context) {
    send(context, Moment::Started, String::new());
}

/// `log` is none where the mirror cannot be read, which the run has said.
pub(super) fn ended(context: &Context, exit: Exit, log: Option<&RunLog>) {
    let monitoring = &context.config.monitoring;
    if monitoring.textfile.is_none() && monitoring.ping_url.is_none() {
        return;
    }
    let outlet = context.outlet();
    let ended_at = context.time();
    let surroundings = Surroundings { now: ended_at, outlet: &outlet, mismatch: None, limits: Limits::USUAL };
    let mirror = log.map(|log| MirrorFacts { log, standing: log.judged(&surroundings) });
    // An approval for nothing is no state of things.
    let said = log.and_then(RunLog::exit_code).filter(|_| exit == Exit::Held);
    let exit_code = said.unwrap_or(exit.code());
    let view = MetricsView { exit_code, ended_at, duration: ended_at - context.now, mirror: mirror.as_ref() };
    // The collector skips the temporary name. It must be able to read the file, whatever the umask is.
    let for_everybody = |new: &File| new.set_permissions(Permissions::from_mode(0o644));
    if let Some(path) = &monitoring.textfile
        && let Err(error) = replace::file(path, metrics::text(&view).as_bytes(), for_everybody)
    {
        log::warn!("the metrics could not be written to {}: {error}", path.display());
    }
    send(context, Moment::Ended(exit_code), metrics::ping_body(&view));
}

fn send(context: &Context, moment: Moment, body: String) {
    if let Some(url) = &context.config.monitoring.ping_url
        && let Err(Failure { exit: _, message, hints }) = ping(url, &context.config.environment.proxies, moment, body)
    {
        log::warn!("[monitoring] ping_url could not be told of this run: {message}");
        hints.iter().for_each(|hint| log::warn!("{hint}"));
    }
}
