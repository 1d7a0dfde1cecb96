//! The title of an item's page. On small screens a long one is cut to two lines, and one press shows
//! the rest, without a script.

use leptos::prelude::*;

use crate::{text::pages::item as say, wire::Language};

/// Capacity of two lines on the narrowest phone, 320 pixels wide, in half-width characters.
const TWO_LINES: usize = 52;

/// The heading, and for a long one the control that shows and hides the rest.
#[component]
pub fn ItemTitle(title: String, language: Language) -> impl IntoView {
    let rest = is_long(&title).then(|| {
        view! {
            <details class="item__rest">
                <summary class="item__expand">
                    <span class="item__expand-more">{say::whole_title(language)}</span>
                    <span class="item__expand-less">{say::short_title(language)}</span>
                </summary>
            </details>
        }
    });
    view! {
        <h1 class="item__title">{title}</h1>
        {rest}
    }
}

/// Chinese characters are as wide as two Latin letters.
fn is_long(title: &str) -> bool {
    let width: usize = title
        .chars()
        .map(|c| if c.is_ascii() { 1 } else { 2 })
        .sum();
    width > TWO_LINES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_may_need_a_third_line_on_a_phone_is_long() {
        assert!(!is_long("Pour-over kettle"));
        assert!(!is_long(&"壶".repeat(26)));
        assert!(is_long(&"壶".repeat(27)));
        assert!(!is_long(&"a".repeat(52)));
        assert!(is_long(&"a".repeat(53)));
    }
}
