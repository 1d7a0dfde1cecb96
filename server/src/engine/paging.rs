//! Splits lists into pages. One extra row is read, to know whether there is a next page.

/// Rows per page.
const ROWS: u32 = 50;
/// Rows to read for one page.
pub const TO_READ: u32 = ROWS + 1;

/// Splits rows that were read into the rows of the page and the id at which the next page starts.
pub fn page<T, I>(mut rows: Vec<T>, id: impl Fn(&T) -> I) -> (Vec<T>, Option<I>) {
    let is_more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let next = rows.last().filter(|_| is_more).map(id);
    (rows, next)
}
