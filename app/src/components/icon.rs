//! Small line drawings. They never stand alone: the text beside them says the same, so screen
//! readers skip them.

use leptos::prelude::*;

/// The shape of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A clock: waiting, or a time.
    Clock,
    /// A ticked circle: done.
    Done,
    /// A crossed circle: closed.
    Closed,
    /// A circle with a bar: cancelled by its owner.
    Withdrawn,
    /// One person.
    Person,
    /// A purse: payment.
    Purse,
    /// An arrow to the left: back.
    Back,
    /// Two bars: paused.
    Paused,
    /// A box: on its way.
    Parcel,
}

/// An icon of one line of text's height, in the text's colour.
#[component]
pub fn Icon(shape: Shape) -> impl IntoView {
    let path = match shape {
        Shape::Clock => "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM10 6v4.2l2.8 1.8",
        Shape::Done => "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM6.6 10.3l2.4 2.4 4.5-5.1",
        Shape::Closed => {
            "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM7.3 7.3l5.4 5.4M12.7 7.3l-5.4 5.4"
        }
        Shape::Withdrawn => "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM6.5 10h7",
        Shape::Person => {
            "M10 3a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 10 3ZM3.8 17c.5-3.4 3-5.2 6.2-5.2s5.7 1.8 6.2 5.2"
        }
        Shape::Purse => "M3 6.5h14v10H3zM5.5 6.5 13 3.2l1.4 3.3M13 11.5h1.6",
        Shape::Back => "M11.8 4.5 6.3 10l5.5 5.5",
        Shape::Parcel => "M3 6.5 10 3l7 3.5v7L10 17l-7-3.5v-7ZM3 6.5l7 3.5 7-3.5M10 10v7",
        Shape::Paused => "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM8.2 7.2v5.6M11.8 7.2v5.6",
    };
    view! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}

/// A clock's face without hands: nothing counts down here.
#[component]
pub fn Dial() -> impl IntoView {
    view! {
        <svg class="notice__drawing" viewBox="0 0 96 96" width="96" height="96" aria-hidden="true" focusable="false">
            <circle cx="48" cy="48" r="44"></circle>
            <path d="M48 12v8M48 76v8M12 48h8M76 48h8"></path>
            <circle class="notice__dot" cx="48" cy="48" r="4"></circle>
        </svg>
    }
}
