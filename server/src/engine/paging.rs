//! Pages of lists. One row more than a page has is read, so that it is known whether there is a next one.

/// Rows of a page.
const ROWS: u32 = 50;
/// Rows to be read for a page.
pub const TO_READ: u32 = ROWS + 1;

/// The rows of a page, and where the next one begins, of those that were read.
pub fn page<T, I>(mut rows: Vec<T>, id: impl Fn(&T) -> I) -> (Vec<T>, Option<I>) {
    let is_more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let next = rows.last().filter(|_| is_more).map(id);
    (rows, next)
}
