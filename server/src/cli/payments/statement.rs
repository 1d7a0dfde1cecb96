//! A provider's statement as a CSV file (RFC 4180): a head with column names, then one line for every
//! payment and every refund.

use std::{io::Read, path::Path};

use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    cli::Failure,
    engine::{
        back_office::price,
        payments::statement::{Day, StatementLine},
        ports::{Amount, MovementKind},
    },
};

/// Largest statement: a million lines. More is not one day's.
const MAX_FILE: u64 = 128 * 1024 * 1024;

/// A line as written. Other columns are ignored.
#[derive(Deserialize)]
struct Written {
    kind: MovementKind,
    provider_number: String,
    /// In major units: `99.00`.
    amount: String,
    currency: String,
}

/// Reads a statement; `-` is standard input.
///
/// # Errors
/// The faulty line.
pub fn read(path: &Path) -> Result<Vec<StatementLine>, Failure> {
    let name = path.display();
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => {
            let file = std::fs::File::open(path);
            Box::new(file.map_err(|error| format!("cannot read {name}: {error}"))?)
        }
    };
    let mut text = String::new();
    source
        .take(MAX_FILE + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read {name}: {error}"))?;
    if text.len() as u64 > MAX_FILE {
        return Err(format!("{name} is larger than 128 MiB").into());
    }
    parse(&text).map_err(|error| format!("{name}: {error}").into())
}

fn parse(text: &str) -> Result<Vec<StatementLine>, String> {
    // Spreadsheets write this before the head.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    for column in ["kind", "provider_number", "amount", "currency"] {
        if !head.iter().any(|name| name == column) {
            return Err(format!("there is no column `{column}`"));
        }
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let number = record.position().map_or(0, csv::Position::line);
        let written: Written = record
            .deserialize(Some(&head))
            .map_err(|error| error.to_string())?;
        lines.push(line(written).map_err(|wrong| format!("line {number}: {wrong}"))?);
    }
    Ok(lines)
}

fn line(written: Written) -> Result<StatementLine, String> {
    if written.provider_number.is_empty() {
        return Err("`provider_number` is empty".to_owned());
    }
    let amount = price::parse(&written.amount)
        .ok_or_else(|| format!("`amount` is {:?}, not a sum such as 99.50", written.amount))?;
    Ok(StatementLine {
        kind: written.kind,
        provider_number: written.provider_number,
        amount: Amount {
            minor: amount.0,
            currency: written.currency.to_ascii_uppercase(),
        },
    })
}

/// A day of the shop's calendar.
///
/// # Errors
/// If the text is not a date.
pub fn day(text: &str, utc_offset_min: i32) -> Result<Day, String> {
    let day: Date = text
        .parse()
        .map_err(|_| format!("{text:?} is no day: write it as 2026-11-11"))?;
    let midnight = |day: Date| {
        let offset = app::utc_offset(utc_offset_min);
        let at = offset.to_timestamp(day.at(0, 0, 0, 0));
        at.map(jiff::Timestamp::as_millisecond)
            .map_err(|_| format!("{text} is too far away"))
    };
    let next = day
        .tomorrow()
        .map_err(|_| format!("{text} is too far away"))?;
    Ok(Day {
        from_ms: midnight(day)?,
        to_ms: midnight(next)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_with_other_columns_in_any_order() {
        let text = "\u{feff}note,amount,currency,kind,provider_number\r\n\
                    \"a, b\",99.50,cny,payment,n-1\r\n,7,CNY,refund, n-2 \r\n";
        let lines = parse(text).unwrap();
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                let amount = &line.amount;
                (
                    line.kind,
                    line.provider_number.as_str(),
                    amount.minor,
                    amount.currency.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (MovementKind::Payment, "n-1", 9_950, "CNY"),
                (MovementKind::Refund, "n-2", 700, "CNY"),
            ]
        );
    }

    #[test]
    fn errors_in_a_statement_name_the_line() {
        for (text, wrong) in [
            (
                "kind,amount,currency\n",
                "there is no column `provider_number`",
            ),
            (
                "kind,provider_number,amount,currency\npayment,n,1.234,CNY\n",
                "line 2: `amount` is \"1.234\"",
            ),
            (
                "kind,provider_number,amount,currency\npayment,n,1,CNY\npayment,,1,CNY\n",
                "line 3: `provider_number` is empty",
            ),
            (
                "kind,provider_number,amount,currency\ngift,n,1,CNY\n",
                "line: 2",
            ),
            (
                "kind,provider_number,amount,currency\npayment,n\n",
                "line: 2",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn a_day_is_one_of_the_shops_calendar() {
        let day = day("2026-11-11", 480).unwrap();
        assert_eq!(
            (day.from_ms, day.to_ms),
            (1_794_326_400_000, 1_794_412_800_000)
        );
        assert!(super::day("11.11.", 480).is_err());
    }
}
