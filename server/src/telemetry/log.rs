//! The log: one line for each event, as text or as JSON, on standard output if the process serves.
//! Every line about a request ends with its id.

use std::{
    fmt,
    io::{IsTerminal, stderr, stdout},
};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    field::RecordFields,
    filter::ParseError,
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::{DefaultFields, Writer},
    },
    registry::LookupSpan,
};

use super::request_id::RequestId;

/// The format of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: time, level, module, message, and fields.
    Text,
    /// For programs: an object with the same.
    Json,
}

/// Starts writing the events that `filter` accepts; in colours only on a terminal, unless `NO_COLOR`
/// is set.
///
/// # Errors
/// When the filter is invalid.
///
/// # Panics
/// When the process already writes a log.
pub fn init(filter: &str, format: Format) -> Result<(), ParseError> {
    write_to(stdout, stdout().is_terminal(), filter, format)
}

/// The same on standard error, for a command whose standard output is its result.
///
/// # Errors
/// When the filter is invalid.
///
/// # Panics
/// When the process already writes a log.
pub fn init_on_stderr(filter: &str, format: Format) -> Result<(), ParseError> {
    write_to(stderr, stderr().is_terminal(), filter, format)
}

fn write_to<W>(writer: W, is_terminal: bool, filter: &str, format: Format) -> Result<(), ParseError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_writer(writer);
    match format {
        Format::Json => log
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .map_event_format(JsonOfRequest)
            .init(),
        Format::Text => {
            let log = log.fmt_fields(FieldsOfRequest(DefaultFields::new()));
            // By default it follows NO_COLOR.
            match is_terminal {
                true => log.init(),
                false => log.with_ansi(false).init(),
            }
        }
    }
    Ok(())
}

/// The fields of a line, and its request's id.
struct FieldsOfRequest(DefaultFields);

impl<'writer> FormatFields<'writer> for FieldsOfRequest {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        self.0.format_fields(writer.by_ref(), fields)?;
        let written = RequestId::with_current(|id| write!(writer, " request_id={id}"));
        written.unwrap_or(Ok(()))
    }
}

/// An object, with its request's id.
struct JsonOfRequest<F>(F);

impl<S, N, F> FormatEvent<S, N> for JsonOfRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        match line.trim_end().strip_suffix('}') {
            Some(open) => {
                // Its characters need no escaping.
                let of = RequestId::with_current(|id| format!(",\"request_id\":\"{id}\""));
                writeln!(writer, "{open}{}}}", of.unwrap_or_default())
            }
            None => writer.write_str(&line),
        }
    }
}
