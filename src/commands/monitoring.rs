//! Tells monitoring how a run began and ended. A failure here is a warning: the run's own result matters more.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::Context;
use crate::exit::{Exit, Failure};
use crate::ping::{Moment, ping};
use crate::replace;
use crate::report::metrics::{self, MetricsView, MirrorFacts};
use crate::store::Reader;

pub(super) fn started(context: &Context) {
    send(context, Moment::Started, String::new());
}

pub(super) fn ended(context: &Context, exit: Exit) {
    let monitoring = &context.config.monitoring;
    if monitoring.textfile.is_none() && monitoring.ping_url.is_none() {
        return;
    }
    // Where the mirror cannot be read, the run has said so.
    let mirror = match facts(context) {
        Ok(facts) => facts,
        Err(failure) => {
            log::debug!("no metrics of the mirror: {failure}");
            None
        }
    };
    let ended_at = context.time();
    let view = MetricsView { exit, ended_at, duration: ended_at - context.now, mirror: mirror.as_ref() };
    // The collector skips the temporary name. It must be able to read the file, whatever the umask is.
    let for_everybody = |new: &File| new.set_permissions(Permissions::from_mode(0o644));
    if let Some(path) = &monitoring.textfile
        && let Err(error) = replace::file(path, metrics::text(&view).as_bytes(), for_everybody)
    {
        log::warn!("the metrics could not be written to {}: {error}", path.display());
    }
    send(context, Moment::Ended(exit.code()), metrics::ping_body(&view));
}

fn send(context: &Context, moment: Moment, body: String) {
    if let Some(url) = &context.config.monitoring.ping_url
        && let Err(Failure { exit: _, message, hints }) = ping(url, moment, body)
    {
        log::warn!("[monitoring] ping_url could not be told of this run: {message}");
        hints.iter().for_each(|hint| log::warn!("{hint}"));
    }
}

fn facts(context: &Context) -> Result<Option<MirrorFacts>, Failure> {
    let Some(store) = Reader::existing(&context.config.mirror)? else { return Ok(None) };
    Ok(Some(MirrorFacts { standing: store.standing()?, totals: store.totals()? }))
}
