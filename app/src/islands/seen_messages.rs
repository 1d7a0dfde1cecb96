//! Says that the messages of a page were seen, once somebody can see it.

use leptos::{prelude::*, task::spawn_local};

use super::awake;
use crate::{
    api,
    browser::{effects::on_change, page},
    wire::MessageId,
};

/// Tells the shop, once. What is lost on the way is told by the next visit.
#[island]
pub fn SeenMessages(up_to: MessageId) -> impl IntoView {
    let told = StoredValue::new(false);
    on_change(move || {
        if page::visibility().visible && !told.get_value() {
            told.set_value(true);
            spawn_local(async move {
                let _ = api::read_messages(up_to).await;
            });
        }
    });
    view! { <span data-ready=awake()></span> }
}
